"""sshd's host keys: in the image, or made at boot. Debian and Ubuntu make none at boot by themselves."""

from __future__ import annotations

import posixpath
import re

from remediations.guest import FileKind, Guest
from remediations.linux import boot_scripts, cloud_config, cloud_init, services, sshd_config, systemd
from remediations.linux.fault import Fault, with_steps
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import Evidence, MakeDirectory, PlanError, Step, WriteFile

DROP_IN = "/etc/systemd/system/ssh.service.d/50-host-keys.conf"
KEYGEN = "/usr/bin/ssh-keygen"
_TYPES = ("rsa", "ecdsa", "ed25519")
_LONGEST = 1000
_DEFAULTS = frozenset(f"/etc/ssh/ssh_host_{kind}_key" for kind in _TYPES)
_MAKES = re.compile(r"ssh-keygen\s+(-\S+\s+)*-A\b|dpkg-reconfigure\s+(-\S+\s+)*openssh-server\b")


def present(guest: Guest) -> tuple[Evidence, ...]:
    """The host keys in the image that sshd is configured to use. Raises GuestError."""
    found = [(path, guest.stat(path)) for path in _paths(guest)]
    return tuple(Evidence(path) for path, stat in found if stat is not None and stat.size)


def maker(guest: Guest) -> tuple[Evidence, ...]:
    """What makes host keys at boot: cloud-init's ssh module, a service, or rc.local; empty where nothing does.

    All of them make the keys of the usual names alone.
    """
    if not _DEFAULTS & {*_paths(guest)}:
        return ()
    if cloud_init.installed(guest) and cloud_init.is_on(guest):
        config = cloud_config.load(guest)
        if "ssh" in config.modules("init"):
            return config.evidence("cloud_init_modules")
    if detect(guest) is Init.SYSTEMD and (unit := _making_unit(guest)):
        return unit
    return tuple(c.evidence for c in boot_scripts.commands(guest) if _MAKES.search(c.text[:_LONGEST]))[:1]


def fault(guest: Guest) -> Fault:
    """No host key and nothing that makes one: sshd will not start."""
    sentence = "there are no host keys and nothing makes them at boot, so sshd cannot start"
    places = tuple(Evidence(path, text="absent") for path in _paths(guest))
    if not _DEFAULTS & {*_paths(guest)}:
        advice = f"Make {places[0].path} with ssh-keygen, or remove the HostKey lines"
        return Fault(sentence, places, obstacle=advice)
    return with_steps(sentence, places, lambda: _steps(guest))


def _paths(guest: Guest) -> list[str]:
    """The host keys that sshd looks for."""
    given = sshd_config.ask(sshd_config.load(guest), "hostkey", None).holds
    named = [argument for line in given for argument in line.arguments]
    return named or [f"/etc/ssh/ssh_host_{kind}_key" for kind in _TYPES]


def _steps(guest: Guest) -> tuple[Step, ...]:
    unit = systemd.find_unit(guest, "ssh.service")
    if detect(guest) is not Init.SYSTEMD or unit.path is None:
        raise PlanError("Run ssh-keygen -A in the guest, or install cloud-init: the guest does not use systemd's ssh")
    if not guest.exists(KEYGEN):
        raise PlanError(f"{KEYGEN} is missing; reinstall openssh-client")
    if guest.exists(DROP_IN):
        raise PlanError(f"{DROP_IN} stands there already")
    # The unit checks its configuration first (sshd -t), which fails without keys: they have to be made before that.
    checks = [value for _, key, value in systemd.unit_settings(guest.read(unit.path)) if key == "ExecStartPre"]
    lines = ["# Makes the host keys that are missing.", "[Service]", "ExecStartPre=", f"ExecStartPre={KEYGEN} -A"]
    lines += [f"ExecStartPre={value}" for value in checks if value]
    content = "".join(f"{line}\n" for line in lines).encode()
    return (MakeDirectory(posixpath.dirname(DROP_IN)), WriteFile(DROP_IN, content))


def _making_unit(guest: Guest) -> tuple[Evidence, ...]:
    """A line of a unit that runs the key maker: of ssh itself and its drop-ins, or of a unit that a boot starts."""
    ssh = systemd.find_unit(guest, "ssh.service")
    own = [path for folder in systemd.folders(guest) for path in guest.glob(f"{folder}/ssh.service.d/*.conf")]
    if ssh.path is not None:
        own.insert(0, ssh.path)
    others = [
        path
        for pattern in ("/etc/systemd/system/*.service", "/usr/lib/systemd/system/*key*.service")
        for path in guest.glob(pattern)
    ]
    for path in (*own, *dict.fromkeys(others)):
        found = guest.stat(path)
        if found is None or found.kind is not FileKind.FILE:
            continue
        for _, key, value in systemd.unit_settings(guest.read(path)):
            if key in ("ExecStart", "ExecStartPre") and _MAKES.search(value[:_LONGEST]):
                name = posixpath.basename(path)
                if path in own:
                    return (Evidence(path, text=f"{key}={value}"),)
                if services.startup(guest, name).starts:
                    return (Evidence(path, text=f"{key}={value}"), *services.startup(guest, name).evidence)
    return ()
