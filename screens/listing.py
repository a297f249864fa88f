"""What the picker lists: a folder's entries, images looked at lately, and what is known of them. Made off the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from screens.folder import Entry, list_folder, look_at, looked_into
from wizard.known_images import Known, KnownImages

_RECENT = 4


@dataclass
class Place:
    """Where the picker is, and as what it is found again when it comes back; ``filter`` is what was typed."""

    folder: Path
    cursor: Path | None = None
    filter: str = ""
    hidden: bool = False
    marked: frozenset[Path] = frozenset()


@dataclass(frozen=True)
class Listing:
    """Entries by key, in their order; ``names`` is what a filter searches, case folded."""

    folder: Path
    entries: Mapping[str, Entry] = field(default_factory=dict)
    recent: Mapping[str, Entry] = field(default_factory=dict)
    known: Mapping[str, Known] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str | None) -> Entry | None:
        """What a key stands for; None for a key of another row."""
        return self.entries.get(key or "") or self.recent.get(key or "")

    def key_of(self, path: Path | None) -> str | None:
        """The key of a path, rather of the folder's own; None where it is not listed."""
        if path is None:
            return None
        here = path.name if path.parent == self.folder else None
        found = (key for key, entry in self.entries.items() if entry.path.name == here)
        return next(found, None) or next((key for key, entry in self.recent.items() if entry.path == path), None)

    def matching(self, wanted: str) -> tuple[list[str], list[str]]:
        """The keys that a case-folded word lets through: of what was looked at lately, and of the folder."""
        found = [key for key, name in self.names.items() if wanted in name]
        return [key for key in found if key in self.recent], [key for key in found if key in self.entries]


def first_look(folder: Path, hidden: bool) -> Listing:
    """The names. OSError where the folder cannot be read."""
    entries = {str(number): entry for number, entry in enumerate(list_folder(folder, hidden))}
    return Listing(folder, entries, names=_names(entries))


def closer_look(listing: Listing, images: KnownImages) -> Listing:
    """What takes a look into each file, or into the memory; an entry keeps its key, though not its place."""
    folder = listing.folder.resolve()
    inside = {path.name: known for path, known in images.inside(folder).items()}
    elsewhere = [known for known in images.recent(_RECENT * 4) if known.path.parent != folder][:_RECENT]
    recent = {f"recent {number}": look_at(known.path) for number, known in enumerate(elsewhere)}
    looked = [(key, looked_into(entry)) for key, entry in listing.entries.items()]
    looked.sort(key=lambda pair: (pair[1].kind, pair[1].path.name.casefold()))
    entries = dict(looked)
    known = {key: inside[entry.path.name] for key, entry in entries.items() if entry.path.name in inside}
    known |= dict(zip(recent, elsewhere, strict=True))
    whole = {key: str(entry.path).casefold() for key, entry in recent.items()}
    return Listing(listing.folder, entries, recent, known, _names(entries) | whole)


def _names(entries: Mapping[str, Entry]) -> dict[str, str]:
    return {key: entry.path.name.casefold() for key, entry in entries.items()}
