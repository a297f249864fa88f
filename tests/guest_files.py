"""What the files of guests.py's guests are made of.

A table maps absolute paths to text or bytes (a file), Link, or None (an empty directory). ``@NAME@`` in a text stands
for what only the finished disk knows, a UUID.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Mapping
from pathlib import Path

from fake_guest import Link

Table = dict[str, "str | bytes | Link | None"]
DATA = Path(__file__).resolve().parent / "data" / "rpm"

_CODE = bytes.fromhex("31ffb83c0000000f05")  # exit(0)
ELF = (
    b"\x7fELF\x02\x01\x01" + bytes(9)
    + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(_CODE), 120 + len(_CODE), 0x1000)
    + _CODE
)  # fmt: skip
KERNEL = bytes(510) + b"\x55\xaaHdrS" + bytes(512)
MACHINE = "3f1c1e0f6a5b4a0f9d5c2b7e8a901234"

UNIT = "[Unit]\nDescription={name}\n\n[Service]\nExecStart=/usr/bin/true\n\n[Install]\nWantedBy={target}\n"
SSHD = "Include /etc/ssh/sshd_config.d/*.conf\n\nAuthorizedKeysFile\t.ssh/authorized_keys\nUsePAM yes\n"
CLOUD = """\
users:
 - default

disable_root: 1
ssh_pwauth: 0

cloud_init_modules:
 - disk_setup
 - growpart
 - resizefs
 - users-groups
 - ssh

cloud_config_modules:
 - runcmd

cloud_final_modules:
 - scripts-per-instance
 - scripts-user
 - ssh-authkey-fingerprints

system_info:
  distro: {distro}
  default_user:
    name: cloud-user
    lock_passwd: true
    groups: [adm, systemd-journal]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
"""
GRUB_ENV = "# GRUB Environment Block\nsaved_entry=0\nboot_success=0\n".ljust(1024, "#")


def rpm_database(name: str) -> bytes:
    """One of the databases that tests/data/rpm/make made, unpacked."""
    return lzma.decompress((DATA / f"{name}.xz").read_bytes())


def filled(table: Table, values: Mapping[str, str]) -> Table:
    """The table with each ``@NAME@`` in its texts replaced."""
    done: Table = {}
    for path, content in table.items():
        if isinstance(content, str):
            for name, value in values.items():
                content = content.replace(f"@{name}@", value)
        done[path] = content
    return done


def base(hostname: str, merged: bool = True) -> Table:
    """What every Linux has. ``merged`` is a /bin that is a link into /usr."""
    prefix = "/usr" if merged else ""
    table: Table = {
        "/etc/hostname": f"{hostname}\n",
        "/etc/hosts": "127.0.0.1 localhost\n",
        "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\n"
        "sshd:x:74:74::/usr/share/empty.sshd:/sbin/nologin\n",
        "/etc/group": "root:x:0:\nbin:x:1:\nadm:x:4:\nwheel:x:10:\n",
        "/etc/shadow": "root:!!:19700:0:99999:7:::\nbin:*:19700:0:99999:7:::\n",
        "/root": None, "/proc": None, "/sys": None, "/dev": None, "/run": None, "/tmp": None, "/home": None,
        "/var/log/lastlog": "", "/var/tmp": None,
        f"{prefix}/bin/sh": Link("bash"),
    }  # fmt: skip
    for program in ("bin/bash", "bin/ls", "bin/mount", "bin/true", "sbin/agetty", "sbin/blkid"):
        table[f"{prefix}/{program}"] = ELF
    for program in ("bin/curl", "bin/growpart", "bin/ssh-keygen", "bin/cloud-init", "sbin/sshd", "sbin/sfdisk"):
        table[f"/usr/{program}"] = ELF
    if merged:
        for name in ("bin", "lib", "lib64", "sbin"):
            table[f"/{name}"] = Link(f"usr/{name}")
            table.setdefault(f"/usr/{name}", None)
    return table


def systemd(units: Mapping[str, str]) -> Table:
    """Units, each with the target that wants it, or empty where it is not enabled."""
    table: Table = {
        "/etc/machine-id": f"{MACHINE}\n",
        "/etc/systemd/system/default.target": Link("/usr/lib/systemd/system/multi-user.target"),
        "/usr/lib/systemd/systemd": ELF,
        "/usr/lib/systemd/system/multi-user.target": "[Unit]\nDescription=Multi-User System\n",
        "/usr/lib/systemd/system/cloud-init.target": "[Unit]\nDescription=Cloud-init target\n",
        "/usr/lib/systemd/system/serial-getty@.service": UNIT.format(name="Serial Getty", target="getty.target"),
    }
    for unit, target in units.items():
        table[f"/usr/lib/systemd/system/{unit}"] = UNIT.format(name=unit, target=target or "multi-user.target")
        if target:
            table[f"/etc/systemd/system/{target}.wants/{unit}"] = Link(f"/usr/lib/systemd/system/{unit}")
    return table


CLOUD_UNITS = dict.fromkeys(
    ("cloud-init-local.service", "cloud-init.service", "cloud-config.service", "cloud-final.service"),
    "cloud-init.target",
)


def rpm(path: str, database: str) -> Table:
    """A database where the distribution keeps it, with the macros that tell librpm so."""
    folder = path.rpartition("/")[0]
    kind = database.partition(".")[2]
    backend = f"%_db_backend {kind}\n" if kind != "bdb" else ""  # older than the choice
    return {
        path: rpm_database(database),
        "/usr/lib/rpm/macros": f"%_usr /usr\n%_var /var\n%_dbpath {folder}\n{backend}",
        "/usr/lib/rpm/rpmrc": "arch_canon: x86_64: x86_64 1\nos_canon: Linux: Linux 1\n",
        "/usr/bin/rpm": ELF,
        "/etc/rpm": None,
    }


def cloud(distro: str) -> Table:
    """cloud-init's own files."""
    return {
        "/etc/cloud/cloud.cfg": CLOUD.replace("{distro}", distro),
        "/etc/cloud/cloud.cfg.d/README": "# All files with the '.cfg' extension here are read\n",
        "/usr/lib/systemd/system-generators/cloud-init-generator": "#!/bin/sh\nexit 0\n",
        "/var/lib/cloud": None,
    }
