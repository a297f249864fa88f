"""Settings of a service by which it runs and is of no use: no network, no homes. Source: systemd.exec(5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from remediations.guest import Guest
from remediations.linux import systemd
from remediations.linux.fault import Fault
from remediations.vocabulary import Evidence


class Line(Protocol):
    """One setting of a unit, as :mod:`.unit_overrides` reads it."""

    @property
    def section(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def evidence(self) -> Evidence: ...


_YES = frozenset(("yes", "true", "1", "on"))
_EVERYONE = frozenset(("any", "0.0.0.0/0"))
_SLICES = ("-.slice", "system.slice")


def faults(guest: Guest, name: str, lines: Iterable[Line]) -> list[Fault]:
    """What of the settings of a service that people log in through keeps them out."""
    last = {line.key: line for line in lines if line.section == "Service"}
    found = []
    for key, refused, why in (
        ("ProtectHome", _YES | {"tmpfs"}, "may not see the homes, where the keys are"),
        ("PrivateNetwork", _YES, "has no network"),
        ("DynamicUser", _YES, "does not run as root"),
        ("PrivateUsers", _YES | {"self", "identity"}, "knows no account"),
    ):
        if key in last and last[key].value.lower() in refused:
            found.append(_stuck(name, last[key], why))
    user = last.get("User")
    if user is not None and user.value not in ("", "root", "0"):
        found.append(_stuck(name, user, "does not run as root"))
    families = last.get("RestrictAddressFamilies")
    wanted = (
        families is None or families.value.startswith("~") or {"", "AF_INET", "AF_INET6"} & {*families.value.split(" ")}
    )
    if families is not None and not wanted:
        found.append(_stuck(name, families, "may not use the network"))
    return [*found, *addresses(guest, name, lines)]


def addresses(guest: Guest, name: str, lines: Iterable[Line]) -> list[Fault]:
    """``IPAddressDeny=`` for every address, in the unit or in a slice above it."""
    denied: dict[str, Evidence] = {}
    allowed: set[str] = set()
    told = [(line.key, line.value, line.evidence) for line in lines]
    for owner in _SLICES:
        for path in systemd.drop_ins(guest, owner):
            settings = systemd.unit_settings(guest.read(path))
            told += [(key, value, Evidence(path, text=f"{key}={value}")) for _, key, value in settings]
    for key, value, place in told:
        if key == "IPAddressDeny":
            denied = {**denied, **dict.fromkeys(value.split(), place)} if value else {}
        elif key == "IPAddressAllow":
            allowed = allowed | {*value.split()} if value else set()
    refusing = tuple(dict.fromkeys(place for word, place in denied.items() if word in _EVERYONE))
    if not refusing or allowed & _EVERYONE:
        return []
    sentence = f"{name} refuses packets of every address (IPAddressDeny)"
    advice = f"Remove IPAddressDeny= from {refusing[0].path}"
    return [Fault(sentence, refusing, obstacle=advice, certain=allowed <= {"localhost", "127.0.0.1", "::1"})]


def _stuck(name: str, line: Line, why: str) -> Fault:
    place = line.evidence
    advice = f"Remove {line.key}= from {place.path}"
    return Fault(f"{name} {why} ({line.key}={line.value})", (place,), obstacle=advice)
