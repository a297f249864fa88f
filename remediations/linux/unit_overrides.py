"""Drop-ins that change what a stock unit does, so that starting it no longer tells what runs (systemd.unit(5))."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import systemd
from remediations.linux.fault import Fault
from remediations.linux.init_system import Init, detect
from remediations.vocabulary import Evidence


def faults(guest: Guest, name: str) -> list[Fault]:
    """Replaced commands and added conditions of a unit (``ssh.service``), whose outcome cannot be known."""
    if detect(guest) is not Init.SYSTEMD:
        return []
    unit = systemd.find_unit(guest, name)
    if unit.path is None or unit.masked_by is not None:
        return []
    found: dict[str, list[Evidence]] = {}
    # A drop-in of an alias counts as well.
    paths = (path for known in systemd.names(guest, unit) for path in systemd.drop_ins(guest, known))
    for path in dict.fromkeys(paths):
        for section, key, value in systemd.unit_settings(guest.read(path)):
            place = Evidence(path, text=f"{key}={value}")
            if (section, key) == ("Service", "ExecStart"):
                found.setdefault(f"a drop-in replaces what {name} runs", []).append(place)
            elif section == "Unit" and key.startswith(("Condition", "Assert")) and value:
                found.setdefault(f"a drop-in makes {name} start under a condition", []).append(place)
    return [Fault(sentence, tuple(places), certain=False) for sentence, places in found.items()]
