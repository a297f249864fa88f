"""What each package manager is told, as shell scripts for the guest: to fetch or plan first, then to install.

Nothing is left in the guest's own caches: lists and archives go to its /tmp, which is the appliance's meanwhile.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from remediations.guest import Guest

FOLDER = "/tmp/packages"  # noqa: S108 - of the guest, see enclosure.py
"""Where the files of the operator's folder are, in the guest."""
DEB_ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBCONF_NONINTERACTIVE_SEEN": "true",
    "UCF_FORCE_CONFFOLD": "1",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
}


@dataclass(frozen=True)
class Manager:
    """One package manager. ``listing`` prints a line ``name<tab>version<tab>bytes`` for each installed package.

    ``prepare`` changes nothing in the guest and may say what room is needed; ``install`` changes it. Both take names
    for ``@names@``. ``offline`` are the two for the files in :data:`FOLDER`. ``succeeds``: its exit codes for success.
    """

    program: str
    suffixes: tuple[str, ...]
    listing: str
    online: tuple[str, str]
    offline: tuple[str, str]
    room: int
    succeeds: tuple[int, ...] = (0,)

    def scripts(self, names: Sequence[str], *, offline: bool) -> tuple[str, str]:
        """The two scripts for these packages."""
        quoted = " ".join(map(shlex.quote, names))
        prepare, install = self.offline if offline else self.online
        return prepare.replace("@names@", quoted), install.replace("@names@", quoted)


MIB = 1024 * 1024

# No sandbox user: the folders are not the ones that it may read. The guest's own choice of configuration files stays.
_APT = (
    "apt-get -q -y -o Dir::State::lists=/tmp/lists/ -o Dir::Cache=/tmp/cache/ -o APT::Sandbox::User=root "
    "-o APT::Install-Recommends=false -o Acquire::Languages=none -o Acquire::Retries=2 "
    "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0"
)
_APT_FOLDERS = "mkdir -p /tmp/lists/partial /tmp/cache/archives/partial\n"
_APT_LOCAL = f"{_APT} -o Dir::Etc::sourcelist=/tmp/sources.list -o Dir::Etc::sourceparts=/dev/null"
_APT_INDEX = f"""\
set -e
cd {FOLDER}
for file in *.deb; do
  dpkg-deb -f "$file" || continue
  echo "Filename: ./$file"
  echo "Size: $(stat -c %s "$file")"
  echo "SHA256: $(sha256sum < "$file" | cut -d ' ' -f 1)"
  echo
done > Packages
echo "deb [trusted=yes] file:{FOLDER} ./" > /tmp/sources.list
"""
APT = Manager(
    "/usr/bin/apt-get",
    (".deb",),
    "dpkg-query -W -f '${Status}\\t${binary:Package}\\t${Version}\\t${Installed-Size}000\\n' | "
    "sed -n 's/^[a-z]* [a-z]* installed\\t//p'",
    (
        # Where one of several sources cannot be had, the others may do.
        f"{_APT_FOLDERS}[ -e /tmp/updated ] || {_APT} update && touch /tmp/updated\n"
        f"{_APT} --download-only install @names@",
        f"{_APT} --no-download install @names@",
    ),
    (
        f"{_APT_FOLDERS}{_APT_INDEX}{_APT_LOCAL} -qq update > /dev/null 2>&1 || :\n"
        f"{_APT_LOCAL} --download-only install @names@",
        f"{_APT_LOCAL} install @names@",
    ),
    20 * MIB,
)
_RPM_LISTING = "rpm -qa --qf '%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{SIZE}\\n'"
_RPM_FILES = "rpm -U --nosignature {} $(cat /tmp/chosen)"
_RPM_OFFLINE = (f"cd {FOLDER} && {_RPM_FILES.format('--test')}", f"cd {FOLDER} && {_RPM_FILES.format('-v')}")


def _dnf(program: str, options: str) -> Manager:
    install = f"{program} -y {options} install @names@"
    return Manager(f"/usr/bin/{program}", (".rpm",), _RPM_LISTING, ("", install), _RPM_OFFLINE, 150 * MIB)


_CACHE = "--setopt=cachedir=/tmp/cache"
DNF = _dnf("dnf", f"{_CACHE} --setopt=install_weak_deps=False")
DNF5 = _dnf("dnf5", f"{_CACHE} --setopt=system_cachedir=/tmp/cache --setopt=install_weak_deps=False")
YUM = _dnf("yum", _CACHE)
MICRODNF = Manager(
    "/usr/bin/microdnf",
    (".rpm",),
    _RPM_LISTING,
    ("", "microdnf -y --setopt=install_weak_deps=0 install @names@ && microdnf clean all"),
    _RPM_OFFLINE,
    150 * MIB,
)
ZYPPER = Manager(
    "/usr/bin/zypper",
    (".rpm",),
    _RPM_LISTING,
    (
        "",
        "zypper --non-interactive --cache-dir /tmp/cache install --no-recommends --auto-agree-with-licenses @names@",
    ),
    _RPM_OFFLINE,
    150 * MIB,
    # 102 and 103: installed, and a restart is asked for; 106: a repository could not be had, the others did.
    (0, 102, 103, 106),
)
RPM = Manager("/bin/rpm", (".rpm",), _RPM_LISTING, ("", ""), _RPM_OFFLINE, 64 * MIB)
_APK = "apk --no-progress --no-cache"
_APK_LOCAL = f"{_APK} --no-network --allow-untrusted --repositories-file /dev/null --repository /tmp/repository"
APK = Manager(
    "/sbin/apk",
    (".apk",),
    "apk info -v | sed -n 's/^\\(.*\\)-\\([0-9][^-]*-r[0-9]*\\)$/\\1\\t\\2\\t/p'",
    (f"{_APK} add --simulate @names@", f"{_APK} add @names@"),
    (
        'arch=$(apk --print-arch) && mkdir -p /tmp/repository && rm -rf "/tmp/repository/$arch" && '
        f'ln -s {FOLDER} "/tmp/repository/$arch" && cd {FOLDER} && '
        'apk index --allow-untrusted --rewrite-arch "$arch" -o APKINDEX.tar.gz ./*.apk && '
        f"{_APK_LOCAL} add --simulate @names@",
        f"{_APK_LOCAL} add @names@",
    ),
    32 * MIB,
)
# Its lists of what there is lie beside what is installed: a folder of ours with a link to the latter.
_PACMAN_FOLDERS = (
    "mkdir -p /tmp/db /tmp/cache && ln -sfn /var/lib/pacman/local /tmp/db/local && "
    "sed '/^ *DownloadUser/d' /etc/pacman.conf > /tmp/pacman.conf && "
)
_PACMAN = "pacman --noconfirm --noprogressbar --needed --config /tmp/{} --dbpath /tmp/db --cachedir /tmp/cache"
PACMAN = Manager(
    "/usr/bin/pacman",
    (".pkg.tar.zst", ".pkg.tar.xz", ".pkg.tar.gz", ".pkg.tar"),
    "LC_ALL=C pacman -Q | sed 's/ /\\t/; s/$/\\t/'",
    (
        f"{_PACMAN_FOLDERS}{_PACMAN.format('pacman.conf')} -Syw @names@",
        f"{_PACMAN.format('pacman.conf')} -S @names@",
    ),
    (
        f"{_PACMAN_FOLDERS}cd {FOLDER} && repo-add -q folder.db.tar.gz ./*.pkg.tar* && "
        f"printf '[options]\\nArchitecture = auto\\n[folder]\\nSigLevel = Optional TrustAll\\nServer = file://{FOLDER}\\n'"
        f" > /tmp/folder.conf && {_PACMAN.format('folder.conf')} -Syw @names@",
        f"{_PACMAN.format('folder.conf')} -S @names@",
    ),
    150 * MIB,
)
_OF_FORMAT = {
    "deb": (APT,),
    "rpm": (ZYPPER, DNF5, DNF, YUM, MICRODNF),
    "apk": (APK,),
    "pacman": (PACMAN,),
}


def manager(guest: Guest, *, offline: bool) -> Manager | None:
    """The guest's package manager; None where it has none that is known."""
    known = (
        (RPM,) if offline and guest.facts.package_format == "rpm" else _OF_FORMAT.get(guest.facts.package_format, ())
    )
    return next((one for one in known if guest.exists(one.program)), None)
