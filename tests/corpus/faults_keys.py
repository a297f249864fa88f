"""Who gets the instance's key: the account that is there already, and the boot script in place of cloud-init."""

from __future__ import annotations

import yaml
from fake_guest import FakeGuest, Link

from corpus.faults import Change, Fault, appended, both, by_guest, edited, without, wrote
from corpus.faults_cloud import CFG, ETC, EVERY, FEW, late
from remediations.linux import key_script

_NAMED = {"ssh-key": "fail", "cloud-user": "fail"}


def default(guest: FakeGuest) -> str:
    """The name of the default user."""
    name = yaml.safe_load(guest.read(CFG))["system_info"]["default_user"]["name"]
    assert isinstance(name, str)
    return name


def account(field: str = "*", program: str = "", dates: str = "19700:0:99999:7:::", home: bool = True) -> Change:
    """The default user, made when the image was installed."""

    def change(guest: FakeGuest) -> FakeGuest:
        name = default(guest)
        usual = "/bin/ash" if guest.facts.family == "alpine" else "/bin/bash"
        return both(
            appended("/etc/passwd", f"{name}:x:1000:1000::/home/{name}:{program or usual}\n"),
            appended("/etc/group", f"{name}:x:1000:\n"),
            appended("/etc/shadow", f"{name}:{field}:{dates}\n"),
            wrote(f"/home/{name}/.profile" if home else "/home/.x", ""),
        )(guest)

    return change


def _group(guest: FakeGuest) -> FakeGuest:
    return appended("/etc/group", f"{default(guest)}:x:1500:\n")(guest)


EXISTING: tuple[Fault, ...] = (
    Fault("an account that is there", EVERY, account(), {}),
    Fault("an account with a password", FEW, account("$6$salt$hash"), {}),
    Fault("a locked account", FEW, account("!"), {}),
    Fault("a locked account that stays so", ("debian-12", "centos-6", "rocky-8"), both(
        account("!!"), late("system_info: {default_user: {lock_passwd: false}}\n")), {}),
    Fault("an account without its home", FEW, account(home=False), {}),
    Fault("an account with nologin", FEW, account(program="/sbin/nologin"), _NAMED, fixable=False),
    Fault("an account with false", FEW, account(program="/bin/false"), _NAMED, fixable=False),
    Fault("an account whose shell is gone", FEW, account(program="/usr/bin/fish"), _NAMED, fixable=False),
    Fault("an expired account", FEW, account(dates="19700:0:99999:7::18000:"), _NAMED, fixable=False),
    Fault("an account that expires one day", FEW, account(dates="19700:0:99999:7::90000:"), {}),
    Fault("an account whose password has to be changed", FEW, account(dates="0:0:99999:7:::"), _NAMED, fixable=False),
    Fault("an account whose password is too old", FEW, account(dates="15000:0:90:7:::"), _NAMED, fixable=False),
    Fault("a group of the account's name alone", FEW, _group, _NAMED, fixable=False),
    Fault("an account that no module has to make", FEW, both(account(), lambda guest: edited(
        CFG, "\n - users-groups\n" if b"users-groups" in guest.read(CFG) else "\n - users_groups\n", "\n")(guest)), {}),
    Fault("root is kept out, whom the key is not for", ("debian-12", "alma-9", "arch", "alpine-*"),
          lambda guest: edited("/etc/ssh/sshd_config", "", "PermitRootLogin no\n", 1)(guest), {}),
)  # fmt: skip

_SCRIPT = key_script.WHOLE.decode()
_GUIDE = """\
#!/bin/sh
if [ ! -d /root/.ssh ]; then
  mkdir -p /root/.ssh
  chmod 700 /root/.ssh
fi

# Fetch public key using HTTP
ATTEMPTS=30
FAILED=0
while [ ! -f /root/.ssh/authorized_keys ]; do
  curl -f http://169.254.169.254/latest/meta-data/public-keys/0/openssh-key \\
    > /tmp/metadata-key 2>/dev/null
  if [ $? -eq 0 ]; then
    cat /tmp/metadata-key >> /root/.ssh/authorized_keys
    chmod 0600 /root/.ssh/authorized_keys
    restorecon /root/.ssh/authorized_keys
    rm -f /tmp/metadata-key
  else
    FAILED=`expr $FAILED + 1`
    if [ $FAILED -ge $ATTEMPTS ]; then
      break
    fi
    sleep 5
  fi
done
"""
_EL = "/etc/rc.d/rc.local"
_PLACES = {"centos-*": _EL, "rocky-*": _EL, "alma-*": _EL, "fedora-*": _EL, "sles-11": "/etc/init.d/after.local",
           "alpine-*": "/etc/local.d/key.start", "*": "/etc/rc.local"}  # fmt: skip
SCRIPTED = ("debian-12", "ubuntu-14*", "centos-6", "rocky-8", "sles-11", "alpine-*")
_RC = {"key_fetch": "rc.local"}
_FETCHED = {"cloud-user": "skipped"}
_NOT = {"ssh-key": "fail", **_FETCHED}
_ROOT = late("disable_root: false\n")
_LOCAL = wrote("/etc/runlevels/default/local", Link("/etc/init.d/local"))
_OPEN = both(_ROOT, by_guest({"alpine-*": _LOCAL, "*": _ROOT}))


def put(content: str, bits: int = 0o755) -> Change:
    """A script where the guest's boot looks for one."""
    return by_guest({name: wrote(path, content, bits) for name, path in _PLACES.items()})


def tried(name: str, change: Change, expected: dict[str, str] = _NOT, guests: tuple[str, ...] = SCRIPTED,
          fixable: bool = True) -> Fault:  # fmt: skip
    """A boot script on a guest whose cloud-init lets root in."""
    return Fault(f"rc.local: {name}", guests, both(_OPEN, change), expected, fixable, settings=_RC)


_CURL = wrote("/usr/bin/curl", "x", 0o755)
RC_LOCAL: tuple[Fault, ...] = (
    Fault("rc.local: asked for, and not there", EVERY, _OPEN, _NOT, settings=_RC),
    Fault("rc.local: there, and cloud-init keeps root out", SCRIPTED, both(_OPEN, put(_SCRIPT), late("x: 1\n")), _NOT,
          settings=_RC),
    Fault("rc.local: there, and nothing asked", SCRIPTED, both(_OPEN, put(_SCRIPT)), {}),
    Fault("rc.local: asleep, and nothing asked", SCRIPTED, both(_OPEN, put(_SCRIPT, 0o644)), {}),
    Fault("rc.local: for another account", SCRIPTED, both(_OPEN, put(_SCRIPT)), {"cloud-user": "fail"}, fixable=False,
          settings={**_RC, "user": "admin"}),
    tried("ours", put(_SCRIPT), _FETCHED),
    tried("the guide's", both(_CURL, put(_GUIDE)), _FETCHED),
    tried("the guide's, before its exit", both(_CURL, put(_GUIDE + "exit 0\n")), _FETCHED),
    tried("the guide's, with a key in the image", both(
        _CURL, put(_GUIDE), wrote("/root/.ssh/authorized_keys", "ssh-rsa AAAA builder\n", 0o600))),
    tried("the guide's, without curl", both(_CURL, put(_GUIDE), without("/usr/bin/curl"), wrote(
        "/usr/bin/wget", "x", 0o755))),
    tried("the guide's, behind an exit", both(_CURL, put("#!/bin/sh\nexit 0\n" + _GUIDE))),
    tried("the guide's, all comments", both(_CURL, put("#!/bin/sh\n" + _GUIDE.replace("\n", "\n#")))),
    tried("ours, not executable", put(_SCRIPT, 0o644), guests=tuple(g for g in SCRIPTED if g != "sles-11")),
    tried("the guide's, not executable", both(_CURL, put(_GUIDE, 0o644)), fixable=False,
          guests=tuple(g for g in SCRIPTED if g not in ("sles-11", "alpine-*"))),
    tried("without its first line", put(_SCRIPT.partition("\n")[2]), guests=("debian-12", "rocky-8")),
    tried("with a shell that is not there", put(_GUIDE.replace("/bin/sh", "/bin/zsh")), fixable=False,
          guests=("debian-12", "rocky-8", "centos-6")),
    tried("with carriage returns", put(_SCRIPT.replace("\n", "\r\n")), fixable=False,
          guests=("debian-12", "rocky-8", "centos-6")),
    tried("from another address", put(_GUIDE.replace("169.254.169.254", "192.168.0.1"))),
    tried("for an account that is not root", both(_CURL, put(
        "#!/bin/sh\ncurl -f http://169.254.169.254/latest/meta-data/public-keys/0/openssh-key >> "
        "/home/debian/.ssh/authorized_keys\n"))),
    tried("where the other family looks", wrote(_EL, _SCRIPT, 0o755), guests=("debian-12",)),
    tried("beside the link", both(wrote("/etc/rc.local", _SCRIPT, 0o755), wrote(_EL, "#!/bin/sh\nexit 0\n", 0o755)),
          guests=("rocky-8",)),
    tried("its unit masked", both(put(_SCRIPT), wrote(f"{ETC}/rc-local.service", Link("/dev/null"))),
          guests=("debian-12", "rocky-8")),
    tried("no link starts it", both(put(_SCRIPT), by_guest({
        "centos-6": without("/etc/rc.d/rc?.d/S99local"), "ubuntu-14*": without("/etc/rc?.d/S99rc.local"),
        "*": without("/etc/runlevels/default/local")})), guests=("centos-6", "ubuntu-14*", "alpine-*")),
    tried("a name that OpenRC does not run", wrote("/etc/local.d/key.sh", _SCRIPT, 0o755), guests=("alpine-*",)),
    tried("root without a shell", both(put(_SCRIPT), by_guest({
        "alpine-*": edited("/etc/passwd", "/root:/bin/ash", "/root:/sbin/nologin"),
        "*": edited("/etc/passwd", "/root:/bin/bash", "/root:/sbin/nologin")})), fixable=False),
    tried("sshd keeps root out", both(put(_SCRIPT), edited("/etc/ssh/sshd_config", "", "PermitRootLogin no\n", 1)),
          _NOT | {"ssh-server": "fail"}, fixable=False),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (*EXISTING, *RC_LOCAL)
