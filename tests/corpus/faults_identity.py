"""What makes every instance of an image the same one: machine ID, host keys, left-over state, passwords, seeds."""

from __future__ import annotations

from fake_guest import FakeGuest, Link, Special

from corpus.faults import Change, Fault, appended, both, by_guest, edited, without, wrote

_ALL = ("*",)
_SYSTEMD = ("debian-*", "ubuntu-16*", "ubuntu-2*", "centos-7", "rocky-*", "oracle-*", "alma-*", "rhel-*", "fedora-*",
            "sles-12", "sles-15", "leap-*", "tumbleweed", "arch*")  # fmt: skip
_OTHER_INITS = ("ubuntu-14*", "centos-6", "sles-11", "alpine-*")
_SOME = ("debian-12", "ubuntu-24*", "alma-9", "sles-15", "arch")
_ENTRIES = ("rocky-*", "oracle-*", "alma-*", "rhel-*", "fedora-*")
_ID, _KEYS, _ROOT, _SEED = ({id: "fail"} for id in ("machine-id", "ssh-host-keys", "root-password", "random-seed"))

_PATH = "/etc/machine-id"
_DBUS = "/var/lib/dbus/machine-id"
_FILLED = "4fd0e1a2b3c4d5e6f708192a3b4c5d6e\n"
_ARGUMENT = f"systemd.machine_id={_FILLED.strip()} console=tty0"


def _id(text: str) -> Change:
    return wrote(_PATH, text, 0o444)


MACHINE: tuple[Fault, ...] = (
    Fault("machine-id filled", _SYSTEMD, _id(_FILLED), _ID),
    Fault("machine-id filled, and D-Bus has the same", ("debian-8", "debian-10", "ubuntu-2*", "centos-7", "sles-12"),
          both(_id(_FILLED), wrote(_DBUS, _FILLED)), _ID),
    Fault("machine-id filled, without systemd", _OTHER_INITS, both(_id(_FILLED), wrote(_DBUS, _FILLED)), _ID),
    Fault("D-Bus' machine ID alone, without systemd", _OTHER_INITS, wrote(_DBUS, _FILLED), _ID),
    Fault("machine-id emptied, and D-Bus keeps its copy", ("debian-12", "ubuntu-2*", "centos-7", "alma-9", "leap-15"),
          wrote(_DBUS, _FILLED), _ID),
    Fault("machine-id is a link to D-Bus' file", ("debian-8", "ubuntu-16*", "centos-7"),
          both(wrote(_PATH, Link(_DBUS)), wrote(_DBUS, _FILLED)), _ID),
    Fault("the machine ID that the boot entries are named by", _ENTRIES,
          _id("d7a8f9c0b1e24f3aa5c6d7e8f9a0b1c2\n"), _ID),
    Fault("a machine ID without a line's end", ("debian-13", "fedora-42"), _id(_FILLED.strip()), _ID),
    Fault("a machine ID in capitals", ("debian-13", "alma-9"), _id(_FILLED.upper()), _ID),
    Fault("33 characters for a machine ID", ("debian-12", "alma-9"), _id(f"0{_FILLED}"), _ID),
    Fault("machine-id is a folder", ("debian-12",), wrote(_PATH, None), {"machine-id": "unknown"}, fixable=False),
    Fault("machine-id is a device", ("alma-9",), wrote(_PATH, Special()), {"machine-id": "unknown"}, fixable=False),
    Fault("no machine-id", ("debian-12", "ubuntu-24*", "alma-9", "rhel-10", "fedora-42", "leap-15", "arch"),
          without(_PATH), {}),
    Fault("machine-id is an empty line", ("debian-12", "alma-9", "sles-15"), _id("\n"), {}),
    Fault("machine-id says uninitialized", ("debian-12", "ubuntu-24*", "alma-9", "leap-15", "arch"),
          _id("uninitialized\n"), {}),
    Fault("an empty machine-id, without systemd", ("ubuntu-14*", "centos-6"), both(_id(""), wrote(_DBUS, "")), {}),
    Fault("D-Bus' machine ID is a link", ("ubuntu-24*", "alma-9", "leap-15"), wrote(_DBUS, Link(_PATH)), {}),
    Fault("D-Bus' machine ID is a relative link", ("debian-12",), wrote(_DBUS, Link("../../../etc/machine-id")), {}),
    Fault("the kernel line gives the machine ID", ("debian-12", "alma-9", "arch-systemd-boot"), by_guest({
        "debian-*": edited("/boot/grub/grub.cfg", "console=tty0", _ARGUMENT),
        "alma-*": edited("/etc/default/grub", "console=tty0", _ARGUMENT),
        "*": edited("/boot/loader/entries/arch.conf", "console=tty0", _ARGUMENT),
    }), _ID, fixable=False),
    Fault("the kernel line leaves the machine ID to the firmware", ("debian-12",),
          edited("/boot/grub/grub.cfg", " console=tty0", " systemd.machine_id=firmware console=tty0"), {}),
)  # fmt: skip

_PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
_ETC = "/etc/ssh/ssh_host_{}_key"


def keys(*kinds: str) -> Change:
    """Host keys of these types with their public halves."""
    return both(
        *(
            both(wrote(_ETC.format(kind), _PRIVATE, 0o600), wrote(f"{_ETC.format(kind)}.pub", f"ssh-{kind} AAAA\n"))
            for kind in kinds or ("rsa", "ecdsa", "ed25519")
        )
    )


def cloud(text: str) -> Change:
    """A file of cloud-init's that wins over all others."""
    return wrote("/etc/cloud/cloud.cfg.d/99_own.cfg", text)


_OFF = wrote("/etc/cloud/cloud-init.disabled", "")
_CLOUD_OFF = {"user-data": "fail", "ssh-key": "fail", "root-resize": "fail"}
_REPLACING = ("debian-8", "debian-13", "ubuntu-14*", "ubuntu-26*", "oracle-8", "rhel-10", "sles-11", "leap-15", "arch",
              "alpine-*")  # fmt: skip
_MAKERS = ("rocky-8", "alma-9", "fedora-42", "sles-15", "tumbleweed", "arch", "alpine-*")

HOST_KEYS: tuple[Fault, ...] = (
    # Red Hat 6's and 7's cloud-init is told not to delete them (ssh_deletekeys: 0).
    Fault("host keys baked in, and cloud-init is told to leave them", ("centos-6", "centos-7"), keys(), _KEYS),
    Fault("host keys that cloud-init replaces", _REPLACING, keys(), {}),
    Fault("public halves alone", ("debian-12", "centos-7", "alpine-*"),
          wrote(f"{_ETC.format('rsa')}.pub", "ssh-rsa AAAA\n"), {}),
    Fault("an empty host key", ("centos-6", "centos-7"), wrote(_ETC.format("rsa"), "", 0o600), {}),
    Fault("host keys, and ssh_deletekeys is false", (*_SOME, "ubuntu-14*", "alpine-*"),
          both(keys(), cloud("ssh_deletekeys: false\n")), _KEYS),
    Fault("host keys, and ssh_deletekeys is 0", ("debian-12",), both(keys(), cloud("ssh_deletekeys: 0\n")), _KEYS),
    Fault("host keys, and cloud-init is off", _MAKERS, both(keys(), _OFF), _KEYS | _CLOUD_OFF,
          fixable=False),
    Fault("host keys, and cloud-init's ssh module is gone", ("debian-13", "alma-9"),
          both(keys(), edited("/etc/cloud/cloud.cfg", "\n - ssh\n", "\n")), _KEYS | {"ssh-key": "fail"}),
    Fault("host keys deleted by cloud-init, and made by nobody", ("debian-12", "ubuntu-24*", "alma-9", "rhel-10"),
          both(keys(), cloud("ssh_genkeytypes: []\n")), {"ssh-server": "fail", "ssh-host-keys": "fail"}),
    Fault("host keys deleted by cloud-init, and made by the distribution", ("leap-15", "arch", "alpine-*"),
          both(keys(), cloud("ssh_genkeytypes: []\n")), {}),
    Fault("no host keys, and cloud-init makes none", ("debian-12", "alma-9"), cloud("ssh_genkeytypes: ~\n"),
          {"ssh-server": "fail"}),
    Fault("cloud-init makes one type of host key", ("debian-12", "alma-9"), cloud("ssh_genkeytypes: [ed25519]\n"), {}),
    Fault("cloud-init makes one type of host key, named alone", ("debian-12",), cloud("ssh_genkeytypes: ecdsa\n"), {}),
    Fault("cloud-init makes a host key that sshd does not use", ("debian-12", "alma-9"), both(
        cloud("ssh_genkeytypes: [rsa]\n"), by_guest({
            "debian-*": wrote("/etc/ssh/sshd_config.d/a.conf", "HostKey /etc/ssh/ssh_host_ed25519_key\n"),
            "*": wrote("/etc/ssh/sshd_config.d/10-a.conf", "HostKey /etc/ssh/ssh_host_ed25519_key\n")})),
        {"ssh-server": "fail"}),
    Fault("a host key in cloud-init's configuration", ("debian-12", "ubuntu-24*", "alma-9"),
          cloud("ssh_keys:\n  ed25519_private: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    AAAA\n"
                "  ed25519_public: ssh-ed25519 AAAA\n"), _KEYS, fixable=False),
    Fault("a host key of an unusual name", ("debian-12", "alma-9"), both(
        wrote("/etc/ssh/keys/own_key", _PRIVATE, 0o600),
        wrote("/etc/ssh/sshd_config.d/10-a.conf", "HostKey /etc/ssh/keys/own_key\n")), _KEYS, fixable=False),
    Fault("a host key of ssh's first protocol", ("centos-6", "centos-7"),
          both(wrote("/etc/ssh/ssh_host_key", "SSH PRIVATE KEY FILE FORMAT 1.1\n", 0o600),
               wrote("/etc/ssh/ssh_host_key.pub", "2048 65537 1\n")), _KEYS),
    Fault("a host key of dropbear's", ("debian-12", "alpine-*"), wrote("/etc/dropbear/dropbear_rsa_host_key", "\0\0\0"),
          _KEYS, fixable=False),
    Fault("a host key for the initial RAM disk", ("debian-12", "ubuntu-24*"),
          wrote("/etc/dropbear/initramfs/dropbear_ed25519_host_key", "\0\0\0"), _KEYS, fixable=False),
    Fault("a user's key and moduli are no host keys", ("debian-12", "alma-9"), both(
        wrote("/root/.ssh/id_ed25519", _PRIVATE, 0o600), wrote("/etc/ssh/moduli", "# Time Type Tests\n"),
        wrote("/etc/ssh/ssh_known_hosts", "github.com ssh-ed25519 AAAA\n")), {}),
)  # fmt: skip

_HASH = "$6$kL9vW2$" + "abcdefghij" * 8 + "ABCDEF"
_YES = "$y$j9T$wq1Bq2Zm3x$" + "x" * 43


def field(text: str, name: str = "root") -> Change:
    """A password field in ``/etc/shadow``."""

    def change(guest: FakeGuest) -> FakeGuest:
        old = guest.read("/etc/shadow").decode().split("\n")
        new = [":".join((name, text, *line.split(":")[2:])) if line.startswith(f"{name}:") else line for line in old]
        return wrote("/etc/shadow", "\n".join(new), 0o640)(guest)

    return change


_ANN = both(
    appended("/etc/passwd", "ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n"), appended("/etc/group", "ann:x:1000:\n")
)

PASSWORDS: tuple[Fault, ...] = (
    Fault("root has a password",
          ("debian-8", "ubuntu-*", "centos-*", "fedora-42", "sles-*", "tumbleweed", "arch", "alpine-*"),
           field(_HASH), _ROOT),
    Fault("root has a yescrypt password", _SOME, field(_YES), _ROOT),
    Fault("root has a password of old", ("centos-6", "sles-11"), field("aaQSqAReePlq6"), _ROOT),
    Fault("root has a blowfish password", ("sles-11", "sles-12"), field("$2y$10$" + "u" * 53), _ROOT),
    Fault("root's password is empty", (*_SOME, "alpine-*"), field(""), _ROOT),
    Fault("root's password in passwd", ("debian-12", "centos-6"),
          edited("/etc/passwd", "root:x:", f"root:{_HASH}:"), _ROOT),
    Fault("no password is asked of root, says passwd", ("debian-12", "alpine-*"),
          edited("/etc/passwd", "root:x:", "root::"), _ROOT),
    Fault("another root", ("debian-12", "alma-9"), both(
        appended("/etc/passwd", "toor:x:0:0::/root:/bin/bash\n"),
        appended("/etc/shadow", f"toor:{_HASH}:19700::::::\n")), _ROOT),
    Fault("another root, locked", ("debian-12", "alma-9"), both(
        appended("/etc/passwd", "toor:x:0:0::/root:/bin/bash\n"), appended("/etc/shadow", "toor:*:19700::::::\n")), {}),
    Fault("another account with an empty password", ("debian-12", "sles-15"),
          both(_ANN, appended("/etc/shadow", "ann::19700:0:99999:7:::\n")), _ROOT),
    Fault("another account with a password", _SOME,
          both(_ANN, appended("/etc/shadow", f"ann:{_HASH}:19700:0:99999:7:::\n")), {}),
    Fault("shadow is gone", ("debian-12",), without("/etc/shadow"), {"root-password": "unknown"}, fixable=False),
    Fault("root is not in shadow", ("debian-12",), edited("/etc/shadow", "root:", "toor:"), {}),
    *(Fault(f"root's password is {text}", ("debian-12",), field(shown), {})
      for text, shown in {"locked with !": "!", "locked with !!": "!!", "locked with *LK*": "*LK*",
                          "locked over a hash": f"!{_HASH}", "x": "x",
                          "locked over an old hash": "!!$1$ab$cdefghijklmnopqrstuvw."}.items()),
    Fault("root's old password in the backup", ("debian-12",),
          wrote("/etc/shadow-", f"root:{_HASH}:19000:0:99999:7:::\n", 0o640), {}),
    Fault("cloud-init gives root a password", ("debian-12", "alma-9"),
          cloud("chpasswd:\n  expire: false\n  list: |\n    root:secret\n"), _ROOT, fixable=False),
    Fault("cloud-init gives root a password, as it is written now", ("ubuntu-24*",),
          cloud("chpasswd:\n  users:\n  - {name: root, password: secret, type: text}\n"), _ROOT, fixable=False),
    Fault("cloud-init's users give root a password", ("debian-12", "alma-9"),
          cloud("users:\n- default\n- {name: root, plain_text_passwd: secret, lock_passwd: false}\n"), _ROOT,
          fixable=False),
    Fault("cloud-init gives its user a password", ("debian-12",),
          cloud("password: secret\nchpasswd: {expire: false}\n"), {}),
    Fault("cloud-init gives its user a password, and that is root", ("debian-12",),
          cloud("user: root\ndisable_root: false\npassword: secret\n"), _ROOT, fixable=False),
    Fault("root may log in over ssh, without a password", ("debian-12", "sles-15"),
          appended("/etc/ssh/sshd_config", "PermitRootLogin yes\nPasswordAuthentication yes\n"), {}),
)  # fmt: skip

_NOISE = b"\x5a\x17" * 256

SEEDS: tuple[Fault, ...] = (
    Fault("systemd's seed", (*_SOME, "debian-8", "centos-7", "fedora-42"),
          wrote("/var/lib/systemd/random-seed", _NOISE, 0o600), _SEED),
    Fault("urandom's seed", ("debian-8", "ubuntu-14*"),
          wrote("/var/lib/urandom/random-seed", _NOISE, 0o600), _SEED),
    Fault("Red Hat 6's seed", ("centos-6",), wrote("/var/lib/random-seed", _NOISE, 0o600), _SEED),
    Fault("the seed in misc", ("sles-11", "alpine-*"), wrote("/var/lib/misc/random-seed", _NOISE, 0o600), _SEED),
    Fault("seedrng's seed", ("alpine-*",), wrote("/var/lib/seedrng/seed.credit", _NOISE, 0o400), _SEED),
    Fault("the boot loader's seed on the ESP", ("arch-systemd-boot",),
          wrote("/boot/loader/random-seed", _NOISE[:32]), _SEED),
    Fault("the boot loader's seed on an ESP of its own", ("fedora-42", "debian-13", "tumbleweed"),
          wrote("/boot/efi/loader/random-seed", _NOISE[:32]), _SEED),
    Fault("an empty seed", ("debian-12", "alma-9"), wrote("/var/lib/systemd/random-seed", b"", 0o600), {}),
    Fault("a folder for seeds", ("alpine-*",), wrote("/var/lib/seedrng", None), {}),
    Fault("a seed that is a folder", ("debian-12",), wrote("/var/lib/systemd/random-seed", None), _SEED, fixable=False),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (
    *MACHINE, *HOST_KEYS, *PASSWORDS, *SEEDS,
    Fault("cloud-init's state left over", _ALL, wrote("/var/lib/cloud/data/instance-id", "i-0000abcd\n"),
          {"cloud-init-state": "fail"}),
)  # fmt: skip
