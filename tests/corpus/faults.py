"""How a healthy guest of the corpus is broken: a change, where it applies, and the verdicts it must get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from fake_guest import Entry, FakeGuest, Link

from corpus.guests import GUESTS
from remediations.guest import RootDisk

Change = Callable[[FakeGuest], FakeGuest]
TREES = ("/etc", "/usr", "/boot", "/lib", "/var")


@dataclass(frozen=True)
class Fault:
    """One thing wrong. ``guests`` are patterns of names in :data:`GUESTS`; ``expected`` the statuses that differ then.

    Where ``fixable`` holds, the plan of each id that fails must lead to a pass, with nothing left to plan. ``packages``
    tells a fault that only an installation mends: its plan is asked for, not carried out. ``settings`` are those of
    :class:`~remediations.vocabulary.Settings` that the run has.
    """

    name: str
    guests: tuple[str, ...]
    change: Change
    expected: Mapping[str, str]
    fixable: bool = True
    packages: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)

    def applies(self, guest: str) -> bool:
        """Whether the fault is one of the guest of this name."""
        return any(fnmatchcase(guest, pattern) for pattern in self.guests)


def unmatched(faults: Iterable[Fault]) -> list[str]:
    """Patterns that no guest has: a fault that is never tried."""
    return [
        f"{fault.name}: {pattern}"
        for fault in faults
        for pattern in fault.guests
        if not any(fnmatchcase(name, pattern) for name in GUESTS)
    ]


def wrote(path: str, content: str | Entry, mode: int = 0o644) -> Change:
    """A file (text or bytes), a Link, a Special or None (a directory) at ``path``, whatever stood there.

    Links on the way to ``path`` are followed, one at its end is replaced.
    """

    def change(guest: FakeGuest) -> FakeGuest:
        at = guest._resolve(path, follow_last=False)
        entry = content.encode() if isinstance(content, str) else content
        return replace(guest, files={**guest.files, at: entry}, modes={**guest.modes, at: mode})

    return change


def edited(path: str, old: str, new: str, count: int = -1) -> Change:
    """The text ``old`` replaced in a file, which must hold it; ``count`` of 1 changes the first place alone."""

    def change(guest: FakeGuest) -> FakeGuest:
        at = guest._resolve(path)
        text = guest.read(at).decode()
        assert old in text, f"{path} does not hold {old!r}"
        return replace(guest, files={**guest.files, at: text.replace(old, new, count).encode()})

    return change


def appended(path: str, text: str) -> Change:
    """``text`` at the end of a file that exists."""

    def change(guest: FakeGuest) -> FakeGuest:
        at = guest._resolve(path)
        return replace(guest, files={**guest.files, at: guest.read(at) + text.encode()})

    return change


def without(*patterns: str) -> Change:
    """Paths that match a pattern, and all below them, gone; each pattern must match something."""

    def change(guest: FakeGuest) -> FakeGuest:
        files = dict(guest.files)
        for pattern in patterns:
            gone = [
                path
                for path in files
                if fnmatchcase(path, pattern) or any(fnmatchcase(parent, pattern) for parent in _parents(path))
            ]
            assert gone, f"nothing matches {pattern}"
            for path in gone:
                del files[path]
        return replace(guest, files=files)

    return change


def _parents(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path


def mode(path: str, bits: int) -> Change:
    """Other permission bits for a file that exists."""

    def change(guest: FakeGuest) -> FakeGuest:
        at = guest._resolve(path)
        assert at in guest.files, path
        return replace(guest, modes={**guest.modes, at: bits})

    return change


def unpackaged(*names: str) -> Change:
    """The packages of these names no longer in the list; each must have been."""

    def change(guest: FakeGuest) -> FakeGuest:
        assert all(name in guest.packages for name in names), names
        return replace(guest, packages={name: v for name, v in guest.packages.items() if name not in names})

    return change


def disk(alter: Callable[[RootDisk], RootDisk]) -> Change:
    """The root on a disk laid out otherwise (``base.swap_behind``, ``base.on_lvm``)."""
    return lambda guest: replace(guest, root_disk=alter(guest.root_disk))


def both(*changes: Change) -> Change:
    """Several changes in turn, that together are one fault."""

    def change(guest: FakeGuest) -> FakeGuest:
        for one in changes:
            guest = one(guest)
        return guest

    return change


def by_guest(ways: Mapping[str, Change]) -> Change:
    """One fault that looks different from guest to guest: the change whose pattern the guest's name matches first.

    The name is that of the product, in GUESTS' words; the corpus' guests know theirs by ``facts.product``.
    """
    names = {maker().facts: name for name, maker in GUESTS.items()}

    def change(guest: FakeGuest) -> FakeGuest:
        name = names[guest.facts]
        for pattern, way in ways.items():
            if fnmatchcase(name, pattern):
                return way(guest)
        raise AssertionError(f"no way for {name}")

    return change


def script(path: str, text: str) -> Change:
    """An executable script."""
    return wrote(path, text, 0o755)


def service(name: str, text: str, target: str = "multi-user.target") -> Change:
    """A package's systemd unit, enabled for ``target``."""
    folder = "/usr/lib/systemd/system"
    link = f"/etc/systemd/system/{target}.wants/{name}"
    return both(wrote(f"{folder}/{name}", text), wrote(link, Link(f"{folder}/{name}")))
