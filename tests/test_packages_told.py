"""What an installation did is kept in the journal, told in every form, and left alone by a revert."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from fake_guest import FakeGuest
from fake_report import REPORT

from remediations.guest import FileKind
from wizard.change import Change, CommandResult, FileChange, FileState, PackageChange, Packages, Preview
from wizard.changed_files import Changed
from wizard.document import Outcome, document
from wizard.guest_packages import Installed, merged
from wizard.journal import Journal
from wizard.plain import lines
from wizard.revert import put_back

PACKAGES = Packages(
    (PackageChange("ssh\x1b", None, "1:9.2", 2048), PackageChange("libc", "2.1", "2.2")), 7, ("/usr/lib/big",), 4096
)


def state(content: bytes) -> FileState:
    return FileState(FileKind.FILE, 0o644, 0, 0, content)


FILES = (
    FileChange("/etc/both", state(b"a"), state(b"b"), generated=True, packaged=True),
    FileChange("/etc/package", None, state(b"p"), packaged=True),
    FileChange("/etc/plain", state(b"a"), state(b"b")),
)


def recorded(folder: Path) -> Change:
    journal = Journal(folder / "image.wizard")
    journal.create([])
    journal.begin("fix", 1024, ["ssh-server"], FILES, [], packages=PACKAGES)
    (change,) = journal.changes()
    return change


def test_the_journal_keeps_packages_and_whose_each_file_is(tmp_path: Path) -> None:
    change = recorded(tmp_path)
    assert change.packages == PACKAGES
    assert change.files == FILES


def test_a_journal_of_before_there_were_packages_is_read_and_gone_on_with(tmp_path: Path) -> None:
    recorded(tmp_path)
    journal = Journal(tmp_path / "image.wizard")
    with sqlite3.connect(journal.path) as db:
        db.executescript(
            "ALTER TABLE change DROP COLUMN packages; ALTER TABLE change DROP COLUMN settings; PRAGMA user_version = 1"
        )
    assert journal.changes()[0].packages == Packages()
    journal.create([])
    assert [change.packages for change in journal.changes()] == [Packages()]
    journal.begin("fix", 1024, [], [], [], packages=PACKAGES)
    assert [change.packages for change in journal.changes()] == [PACKAGES, Packages()]


def test_the_document_and_the_plain_lines_tell_them(tmp_path: Path) -> None:
    change = recorded(tmp_path)
    outcome = Outcome("/disk", report=REPORT, changes=(change,))
    told = document([outcome])["images"][0]["change"]
    assert told["packages"][1] == {"name": "libc", "before": "2.1", "after": "2.2", "size": 0}
    assert told["package_files"] == {"new": 7, "changed": ["/usr/lib/big"], "size": 4096}
    preview = Preview(("ssh-server",), FILES, (), REPORT, REPORT, packages=PACKAGES)
    dry = "\n".join(lines(Outcome("/disk", preview=preview), diffs=True))
    assert "\x1b" not in dry
    assert "package libc 2.1 -> 2.2\n" in dry
    assert "- -> 1:9.2, 2.0 KiB" in dry
    assert "3 files and 2 packages would change" in dry
    assert "changed by the packages: /usr/lib/big" in dry
    assert "7 more files" in "\n".join(lines(Outcome("/disk", journal=(change,)), diffs=False))


class Stage:
    """A stage whose files are a dictionary."""

    def __init__(self, files: dict[str, FileState]) -> None:
        self.files = files
        self.guest = FakeGuest({})

    def state(self, path: str) -> FileState | None:
        return self.files.get(path)

    def restore(self, path: str, was: FileState | None) -> None:
        self.files = {name: found for name, found in self.files.items() if name != path} | ({path: was} if was else {})


def test_a_revert_leaves_packages_and_their_files_alone(tmp_path: Path) -> None:
    stage: Any = Stage({file.path: file.after for file in FILES if file.after})
    left = put_back(stage, recorded(tmp_path))
    assert set(left) == {"/etc/both", "/etc/package", "ssh\x1b", "libc"}
    assert "--undo" in left["libc"]
    assert stage.files == {"/etc/both": state(b"b"), "/etc/package": state(b"p"), "/etc/plain": state(b"a")}


def installed(*packages: PackageChange, new: tuple[str, ...] = (), altered: tuple[str, ...] = ()) -> Installed:
    before = {path: None for path in new if path.startswith("/etc/")}
    return Installed(packages, CommandResult(("apt-get",), ""), Changed(new, altered, (), 0), before, 10)


def test_several_installations_are_told_as_one() -> None:
    told = merged(
        [
            installed(PackageChange("a", None, "1", 5), PackageChange("b", "1", "2"), new=("/etc/a", "/usr/bin/a")),
            installed(PackageChange("b", "2", "1"), altered=("/usr/bin/a", "/usr/lib/c", "/var/lib/dpkg/status")),
        ]
    )
    assert told == Packages((PackageChange("a", None, "1", 5),), 1, ("/usr/lib/c",), 20)


def test_no_installation_is_told_as_none() -> None:
    assert merged([]) == Packages()
