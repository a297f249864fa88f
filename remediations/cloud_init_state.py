"""cloud-init's state of the machine that the image was made from is gone."""

from __future__ import annotations

from remediations.guest import FileKind, Guest, GuestError
from remediations.linux import cloud_config, cloud_init, coverage, datasource
from remediations.vocabulary import (
    Evidence,
    Finding,
    Level,
    Plan,
    PlanError,
    RemoveDirectory,
    RemoveFile,
    Requirement,
    Settings,
    Status,
    Step,
)

_STATE = ("instance", "instances", "data", "sem")
"""What cloud-init itself writes; beside it lie seeds, and scripts and handlers that may be someone's own."""
_LOGS = ("/var/log/cloud-init.log", "/var/log/cloud-init-output.log")
_MOST = 2000
_SHOWN = 8


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where nothing is left of an earlier run, but for logs. Empty folders are no state."""
    if not cloud_init.installed(guest):
        place = Evidence(cloud_init.PROGRAM, text="absent")
        return Finding(Status.SKIPPED, "cloud-init is not installed, so its state does not matter", (place,))
    folder = _folder(guest)
    left = [path for path, kind in _left(guest, folder) if kind is not FileKind.DIRECTORY]
    if not left:
        place = Evidence(folder, text="holds no state of an instance")
        return Finding(Status.PASS, "cloud-init has not run in this image, or was cleaned", (place,))
    shown = [Evidence(path, text="left by an earlier run") for path in left[:_SHOWN]]
    shown += [Evidence(path, text="its log, which stays") for path in _LOGS if guest.exists(path)]
    count = "a file" if len(left) == 1 else f"{len(left)} files"
    return Finding(Status.FAIL, f"cloud-init has run in this image and left {count} of state", tuple(shown))


def plan(guest: Guest, settings: Settings) -> Plan:
    """What ``cloud-init clean`` removes, but for scripts and handlers; seeds stay too."""
    if not cloud_init.installed(guest):
        return Plan()
    folder = _folder(guest)
    left = _left(guest, folder)
    if len(left) > _MOST:
        return Plan(obstacle=f"{folder} holds more than {_MOST} files: run cloud-init clean in the guest")
    if all(kind is FileKind.DIRECTORY for _, kind in left):
        return Plan()
    steps: list[Step] = []
    for path, kind in reversed(left):  # what is in a folder comes before the folder
        if kind is FileKind.OTHER:
            raise PlanError(f"{path} is neither a file nor a folder: remove it in the guest")
        steps.append(RemoveDirectory(path) if kind is FileKind.DIRECTORY else RemoveFile(path))
    return Plan(tuple(steps), f"Removes what cloud-init left in {folder}")


def _folder(guest: Guest) -> str:
    folder = datasource.cloud_folder(cloud_config.load(guest))
    if not folder.startswith("/") or folder.count("/") < 2 or ".." in folder:
        raise GuestError(f"{folder!r} is no folder that cloud-init would keep its state in")
    return folder


def _left(guest: Guest, folder: str) -> list[tuple[str, FileKind]]:
    """All that stands below the folders of state, a folder before what is in it; those of the first floor stay."""
    found: list[tuple[str, FileKind]] = []
    top = [f"{folder}/{name}" for name in _STATE]
    pending = list(reversed(top))
    while pending and len(found) <= _MOST:
        path = pending.pop()
        stat = guest.lstat(path)
        if stat is None:
            continue
        if path not in top or stat.kind is not FileKind.DIRECTORY:
            found.append((path, stat.kind))
        if stat.kind is FileKind.DIRECTORY:
            pending += (f"{path}/{name}" for name in reversed(guest.listdir(path)))
    return found


REQUIREMENT = Requirement(
    id="cloud-init-state",
    title="No state of cloud-init's is left",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=coverage.EVERY_FAMILY,
)
