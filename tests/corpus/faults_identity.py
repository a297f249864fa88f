"""What makes every instance of an image the same one: machine ID, host keys, left-over state, passwords, seeds."""

from __future__ import annotations

from corpus.faults import Fault, wrote

_ALL = ("*",)
_SYSTEMD = ("debian-*", "ubuntu-16*", "ubuntu-2*", "centos-7", "rocky-*", "oracle-*", "alma-*", "rhel-*", "fedora-*",
            "sles-12", "sles-15", "leap-*", "tumbleweed", "arch*")  # fmt: skip

FAULTS: tuple[Fault, ...] = (
    Fault(
        "machine-id filled",
        _SYSTEMD,
        wrote("/etc/machine-id", "4fd0e1a2b3c4d5e6f708192a3b4c5d6e\n"),
        {"machine-id": "fail"},
    ),
    Fault(
        "host key baked in",
        ("centos-6", "centos-7"),  # whose cloud-init is told not to delete them (ssh_deletekeys: 0)
        wrote("/etc/ssh/ssh_host_ed25519_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", 0o600),
        {"ssh-host-keys": "fail"},
    ),
    Fault(
        "cloud-init's state left over",
        _ALL,
        wrote("/var/lib/cloud/data/instance-id", "i-0000abcd\n"),
        {"cloud-init-state": "fail"},
    ),
)
