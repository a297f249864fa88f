"""No saved random seed is baked in, which all instances would begin with.

Source: systemd-random-seed.service(8), bootctl(1), the ``urandom`` and ``random`` init scripts of Debian, Red Hat 6,
SLES 11 and OpenRC, and seedrng of OpenRC and busybox. All of them go on without the file, and write one by shutdown.
"""

from __future__ import annotations

from remediations.guest import FileKind, Guest
from remediations.linux import ssh_service
from remediations.linux.coverage import EVERY_FAMILY
from remediations.linux.fault import Fault, plan_for, removal, verdict
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Settings, Status

SEEDS = (
    "/var/lib/systemd/random-seed",
    "/var/lib/urandom/random-seed",
    "/var/lib/misc/random-seed",
    "/var/lib/random-seed",
    "/boot/efi/loader/random-seed",
    "/boot/loader/random-seed",
    "/efi/loader/random-seed",
)
_NONE = Evidence(SEEDS[0], text="absent or empty, as all the other places of a seed are")
SEEDRNG = "/var/lib/seedrng"
_ELSEWHERE = (("/etc/conf.d/urandom", "urandom_seed"), ("/etc/conf.d/seedrng", "seed_dir"))


def check(guest: Guest, settings: Settings) -> Finding:
    """Pass where none of the files that hold a seed between boots is in the image; an empty one holds none."""
    return verdict(_faults(guest), lambda: Finding(Status.PASS, "The image holds no saved random seed", (_NONE,)))


def plan(guest: Guest, settings: Settings) -> Plan:
    """Remove the files."""
    return plan_for(guest, _faults(guest), "Removes the saved random seed; each instance saves one of its own")


def _faults(guest: Guest) -> list[Fault]:
    found = []
    for path in _paths(guest):
        known = guest.stat(path)
        if known is None or (known.kind is FileKind.FILE and not known.size):
            continue
        place = Evidence(path, text=f"{known.size} bytes")
        found.append(removal(guest, path, f"{path} is a random seed that every instance would begin with", (place,)))
    return found


def _paths(guest: Guest) -> tuple[str, ...]:
    """Every file that may hold a seed."""
    folders = [SEEDRNG]
    paths = list(SEEDS)
    for conf, name in _ELSEWHERE:
        for setting in ssh_service.read(guest, conf):
            if setting.name == name and setting.value.startswith("/"):
                (folders if name == "seed_dir" else paths).append(setting.value.rstrip("/"))
    paths += [f"{folder}/{entry}" for folder in folders for entry in guest.listdir(folder) if entry.startswith("seed.")]
    return tuple(dict.fromkeys(paths))


REQUIREMENT = Requirement(
    id="random-seed",
    title="No random seed is baked in",
    level=Level.RECOMMENDED,
    guide="",
    check=check,
    plan=plan,
    complete_for=EVERY_FAMILY,
)
