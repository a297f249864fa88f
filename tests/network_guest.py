"""Guests and pieces of network configuration, as distributions lay them down, for the tests of the network."""

from __future__ import annotations

from dataclasses import replace

from fake_guest import BOOKWORM, FakeGuest, Link, Special

from remediations.guest import GuestFacts

Entry = bytes | Link | Special | None
ETC, LIB = "/etc/systemd/system", "/usr/lib/systemd/system"
INTERFACES = "/etc/network/interfaces"
NETWORKD_UNIT = b"""\
[Service]
ExecStart=!!/usr/lib/systemd/systemd-networkd

[Install]
WantedBy=multi-user.target
Also=systemd-networkd.socket
Alias=dbus-org.freedesktop.network1.service
Also=systemd-networkd-wait-online.service
"""
DHCP_NETWORK = b"[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n"
SERVER = {"/usr/lib/NetworkManager/conf.d/00-server.conf": b"[main]\nno-auto-default=*\nignore-carrier=*\n"}
UBUNTU_NM = {
    "/usr/lib/NetworkManager/conf.d/10-globally-managed-devices.conf": b"[keyfile]\n"
    b"unmanaged-devices=*,except:type:wifi,except:type:gsm,except:type:cdma\n"
}
FACTS = {
    "debian": BOOKWORM,
    "sid": replace(BOOKWORM, version=(0, 0)),
    "jessie": replace(BOOKWORM, version=(8, 11)),
    "ubuntu": replace(BOOKWORM, distro="ubuntu", version=(24, 4)),
    "el6": replace(BOOKWORM, distro="centos", version=(6, 10), package_format="rpm"),
    "el7": replace(BOOKWORM, distro="centos", version=(7, 9), package_format="rpm"),
    "el9": replace(BOOKWORM, distro="rocky", version=(9, 4), package_format="rpm"),
    "el10": replace(BOOKWORM, distro="redhat-based", version=(10, 0), package_format="rpm"),
    "fedora": replace(BOOKWORM, distro="fedora", version=(41, 0), package_format="rpm"),
    "sles15": replace(BOOKWORM, distro="sles", version=(15, 6), package_format="rpm"),
    "sles11": replace(BOOKWORM, distro="sles", version=(11, 4), package_format="rpm"),
    "tumbleweed": replace(BOOKWORM, distro="opensuse", version=(2026, 1), package_format="rpm"),
    "arch": replace(BOOKWORM, distro="archlinux", version=(0, 0), package_format="pacman"),
    "alpine": replace(BOOKWORM, distro="alpinelinux", version=(3, 21), package_format="apk"),
}
KERNEL_NAMES: dict[str, Entry] = {"/etc/udev/rules.d/80-net-setup-link.rules": Link("/dev/null")}


def unit(extra: str = "") -> bytes:
    """A unit that ``multi-user.target`` wants once it is enabled."""
    return f"[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n{extra}".encode()


def service(name: str, on: bool = True, content: bytes = b"") -> dict[str, Entry]:
    """A systemd service and, where it is on, its link."""
    files: dict[str, Entry] = {f"{LIB}/{name}.service": content or unit()}
    if on:
        files[f"{ETC}/multi-user.target.wants/{name}.service"] = Link(f"{LIB}/{name}.service")
    return files


def networkd(on: bool) -> dict[str, Entry]:
    """systemd-networkd, its socket and its wait-online."""
    return {
        **service("systemd-networkd", on, NETWORKD_UNIT),
        f"{LIB}/systemd-networkd.socket": b"[Socket]\nListenNetlink=route 1361\n\n[Install]\nWantedBy=sockets.target\n",
        f"{LIB}/systemd-networkd-wait-online.service": b"[Service]\n\n[Install]\nWantedBy=network-online.target\n",
        "/usr/lib/systemd/network/80-container-host0.network": b"[Match]\nKind=veth\nName=host0\n"
        b"Virtualization=container\n\n[Network]\nDHCP=yes\n",
        "/usr/lib/systemd/network/89-ethernet.network.example": DHCP_NETWORK,
    }


def manager(on: bool = True) -> dict[str, Entry]:
    """NetworkManager and its main file."""
    return {
        **service("NetworkManager", on),
        "/usr/sbin/NetworkManager": b"\x7fELF",
        "/etc/NetworkManager/NetworkManager.conf": b"[main]\n#plugins=keyfile,ifcfg-rh\n\n[logging]\n",
        "/etc/NetworkManager/system-connections": None,
    }


def interfaces(text: str, on: bool = True, client: bool = True) -> dict[str, Entry]:
    """ifupdown with a main file."""
    files: dict[str, Entry] = {
        **service("networking", on),
        "/usr/sbin/ifup": b"\x7fELF",
        "/usr/sbin/ifdown": b"\x7fELF",
        "/usr/sbin/ifquery": b"\x7fELF",
        INTERFACES: f"source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n{text}".encode(),
    }
    return files | ({"/usr/sbin/dhclient": b"\x7fELF"} if client else {})


def cloud(config: str = "", renderers: str = "") -> dict[str, Entry]:
    """cloud-init, on, with more configuration."""
    stages = ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")
    listed = f"  network:\n    renderers: {renderers}\n" if renderers else ""
    files: dict[str, Entry] = {
        "/usr/bin/cloud-init": b"#!/usr/bin/python3.9\n",
        "/usr/bin/python3.9": b"\x7fELF",
        "/usr/lib/python3.9/site-packages/cloudinit/__init__.py": b"",
        "/usr/lib/cloud-init/ds-identify": b"#!/bin/sh\n",
        "/usr/lib/systemd/system-generators/cloud-init-generator": b"#!/bin/sh\n",
        f"{LIB}/cloud-init.target": b"[Unit]\nAfter=multi-user.target\n",
        "/etc/cloud/cloud.cfg": f"users: [default]\nsystem_info:\n  distro: x\n{listed}".encode(),
    }
    for stage in stages:
        files[f"{LIB}/{stage}.service"] = b"[Install]\nWantedBy=cloud-init.target\n"
        files[f"{ETC}/cloud-init.target.wants/{stage}.service"] = Link(f"{LIB}/{stage}.service")
    return files | ({"/etc/cloud/cloud.cfg.d/90-more.cfg": config.encode()} if config else {})


def guest(facts: str | GuestFacts, *tables: dict[str, Entry] | dict[str, bytes], **modes: int) -> FakeGuest:
    """A guest of systemd (or OpenRC, upstart, SysV, as the tables say) with these files."""
    files: dict[str, Entry] = {}
    known = FACTS[facts] if isinstance(facts, str) else facts
    if known.family != "alpine" and facts not in ("el6", "sles11"):
        files |= {
            "/lib": Link("usr/lib"),
            "/sbin": Link("usr/sbin"),
            "/usr/sbin/init": Link("../lib/systemd/systemd"),
            f"{LIB}/default.target": Link("multi-user.target"),
            "/etc/machine-id": b"",
        }
    for table in tables:
        files |= table
    runs = ("/init.d/", "bin/", "-generator", "ds-identify", "-helper", "/netplan/generate")
    every = {path: 0o755 for path in files if any(part in path for part in runs)}
    every |= {path: 0o600 for path in files if "/system-connections/" in path or path.startswith("/etc/netplan/")}
    return FakeGuest(files, known, modes=every | modes)


def openrc(text: str, on: bool = True) -> FakeGuest:
    """Alpine with an interfaces file."""
    files: dict[str, Entry] = {
        "/sbin/init": Link("/bin/busybox"),
        "/sbin/openrc": b"\x7fELF",
        "/bin/busybox": b"\x7fELF",
        "/etc/init.d/networking": b"#!/sbin/openrc-run\ndepend() {\n\tprovide net\n}\n",
        "/etc/runlevels/default": None,
        INTERFACES: text.encode(),
    }
    if on:
        files["/etc/runlevels/boot/networking"] = Link("/etc/init.d/networking")
    return guest("alpine", files)


def el6(ifcfg: dict[str, bytes], on: bool = True) -> FakeGuest:
    """CentOS 6 with the network service."""
    files: dict[str, Entry] = {
        "/sbin/init": b"\x7fELF",
        "/sbin/dhclient": b"\x7fELF",
        "/etc/init/rcS.conf": b"start on startup\n",
        "/etc/inittab": b"id:3:initdefault:\n",
        "/etc/init.d": Link("rc.d/init.d"),
        "/etc/rc3.d": Link("rc.d/rc3.d"),
        "/etc/rc.d/init.d/network": b"#!/bin/bash\n# chkconfig: 2345 10 90\n",
        "/etc/rc.d/rc3.d": None,
        "/etc/sysconfig/network": b"NETWORKING=yes\n",
    }
    if on:
        files["/etc/rc.d/rc3.d/S10network"] = Link("../init.d/network")
    return guest("el6", files, {f"/etc/sysconfig/network-scripts/ifcfg-{name}": text for name, text in ifcfg.items()})


def profile(name: str = "", method: str = "auto", extra: str = "") -> bytes:
    """A keyfile for Ethernet."""
    bound = f"interface-name={name}\n" if name else ""
    return f"[connection]\nid=lan\ntype=ethernet\n{bound}{extra}\n[ipv4]\nmethod={method}\n".encode()
