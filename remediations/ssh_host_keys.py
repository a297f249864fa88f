"""No private host key of sshd's is baked in: who knows that of one instance could pass for all of them.

Source: sshd(8), cloud-init's ``ssh`` module, which deletes ``/etc/ssh/ssh_host_*key*`` on a new instance unless
``ssh_deletekeys`` is false, and makes new ones.
"""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import cloud_config, cloud_init, datasource, host_keys, ssh_service, sshd_config
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, plan_for, verdict
from remediations.vocabulary import Evidence, Finding, Level, Plan, RemoveFile, Requirement, Settings, Status, Step

_USUAL = re.compile(r"/etc/ssh/ssh_host_(\w+_)?key")
_PATTERNS = ("/etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_key")
_OTHERS = (
    "/etc/dropbear/dropbear_*_host_key",
    "/etc/dropbear/initramfs/dropbear_*_host_key",
    "/etc/dropbear-initramfs/dropbear_*_host_key",
    "/etc/tinyssh/sshkeydir/.*.sk",
)


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where there is no key, or where cloud-init replaces them all on a new instance."""
    if ssh_service.program(guest) is None and not _keys(guest) and not _of_others(guest):
        return Finding(Status.SKIPPED, "There is no ssh server, and no host key")
    return verdict(_faults(guest), lambda: _passing(guest))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Remove the keys with their public halves, after seeing to it that new ones are made at boot."""
    return plan_for(guest, _faults(guest), "Removes the host keys; each instance makes its own at boot")


def _faults(guest: Guest) -> list[Fault]:
    keys = _keys(guest)
    usual = [path for path in keys if _USUAL.fullmatch(path)]
    found = [
        Fault(
            f"every instance will have the host key {path}",
            (Evidence(path),),
            obstacle=f"Remove {path}, and have it made at boot: nothing does that for a key of this name",
        )
        for path in (*(path for path in keys if path not in usual), *_of_others(guest))
    ]
    found += _given(guest)
    if usual and not _replaced(guest):
        found.append(_baked_in(guest, usual))
    return found


def _baked_in(guest: Guest, keys: list[str]) -> Fault:
    sentence = f"every instance will have the same {'host key' if len(keys) == 1 else f'{len(keys)} host keys'}"
    places = tuple(Evidence(path) for path in keys)
    removals = tuple(RemoveFile(path) for key in keys for path in (key, f"{key}.pub") if _is_there(guest, path))
    if ssh_service.program(guest) is None or host_keys.maker(guest):
        return Fault(sentence, places, removals)
    making = host_keys.fault(guest)
    if not making.fixable:
        return Fault(sentence, places, obstacle=f"Nothing would make new keys at boot. {making.obstacle}")
    steps: tuple[Step, ...] = (*making.steps, *removals)
    return Fault(sentence, places, steps, making.edits, packages=making.packages)


def _is_there(guest: Guest, path: str) -> bool:
    found = guest.lstat(path)
    return found is not None and found.kind in (FileKind.FILE, FileKind.LINK)


def _keys(guest: Guest) -> list[str]:
    """The private keys in the image: those of the usual names, and those that sshd is told to use."""
    known = (path for pattern in _PATTERNS for path in guest.glob(pattern))
    paths = [path for path in known if (found := guest.stat(path)) and found.size]
    used = host_keys.present(guest) if sshd_config.path(guest) is not None else ()
    return list(dict.fromkeys((*paths, *(place.path for place in used))))


def _of_others(guest: Guest) -> tuple[str, ...]:
    return tuple(path for pattern in _OTHERS for path in guest.glob(pattern))


def _replaced(guest: Guest) -> tuple[Evidence, ...]:
    """What makes a new instance replace the keys of the usual names: cloud-init, where it runs and is to do that."""
    told = host_keys.deleted(guest)
    if not told or datasource.faults(guest, cloud_config.load(guest)) or not host_keys.maker(guest):
        return ()
    return told


def _given(guest: Guest) -> list[Fault]:
    """Keys in cloud-init's configuration, which it writes to every instance in place of new ones."""
    if not cloud_init.installed(guest):
        return []
    config = cloud_config.load(guest)
    keys = config.get("ssh_keys")
    if not isinstance(keys, dict) or not any(str(name).endswith("_private") for name in keys):
        return []
    # The line that names the setting is shown; those below it hold the key.
    places = tuple(Evidence(place.path, place.line, "ssh_keys") for place in config.evidence("ssh_keys"))
    sentence = "cloud-init's configuration gives every instance the same host keys (ssh_keys)"
    return [Fault(sentence, places, obstacle="Remove ssh_keys from cloud-init's configuration")]


def _passing(guest: Guest) -> Finding:
    if not _keys(guest):
        return Finding(Status.PASS, "The image holds no host keys", (Evidence("/etc/ssh", text="no ssh_host_*_key"),))
    return Finding(Status.PASS, "cloud-init replaces the host keys on a new instance", _replaced(guest))


REQUIREMENT = Requirement(
    id="ssh-host-keys",
    title="No ssh host keys are baked in",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
