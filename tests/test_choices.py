"""The operator's settings: typed, from the configuration file, and remembered by the journal of the image."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from remediations.vocabulary import Settings
from wizard import choices, cli, config
from wizard.change import State
from wizard.errors import UsageError
from wizard.journal import Journal
from wizard.opening import Opening, read_key


def parsed(*words: str) -> tuple[Settings, Opening, Path | None]:
    options = cli.parser().parse_args(words)
    return choices.from_command_line(options, config.load(options.config))


def test_the_command_line_outweighs_the_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"user: ann\nkey_fetch: rc.local\nnetwork: yes\npackages: {tmp_path}\nstate_dir: /srv/state\n")
    settings, opening, _ = parsed("--config", str(file), "--user", "admin", "--hypervisor", "xen", "--no-network")
    assert settings == Settings("admin", None, "xen", "rc.local", network=False, packages=str(tmp_path))
    assert opening.given == {"user", "hypervisor"}
    settings, _, state_dir = parsed("--config", str(file))
    assert (settings.network, settings.user, state_dir) == (True, "ann", Path("/srv/state"))


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("user: Ann Other", "no account name"),
        ("console: /dev/ttyS0", "no console device"),
        ("hypervisor: vmware", "no hypervisor"),
        ("key_fetch: curl", "no key fetch"),
        ("network: perhaps", "network is"),
        ("packages: /does/not/exist", "no folder"),
    ],
)
def test_a_word_that_is_none_of_its_kind_is_refused(tmp_path: Path, word: str, told: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(word + "\n")
    with pytest.raises(UsageError, match=told):
        parsed("--config", str(file))


def test_a_key_file_is_one_passphrase(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes("pass wörd \n".encode())
    _, opening, _ = parsed("--config", str(empty(tmp_path)), "--key-file", str(file), "--root", "/dev/sda2")
    assert (opening.key, opening.root) == ("pass wörd ", "/dev/sda2")
    for content in (b"", b"\n", b"a\0b", b"\xff\xfe", b"x" * 10000):
        file.write_bytes(content)
        with pytest.raises(UsageError, match="no passphrase"):
            read_key(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_key(tmp_path / "absent")


def empty(folder: Path) -> Path:
    file = folder / "empty.yaml"
    file.write_text("")
    return file


def test_what_the_journal_keeps_counts_unless_another_is_given() -> None:
    kept = {"user": "admin", "hypervisor": "xen", "network": "yes"}
    settings, said = choices.remembered(Settings(console="ttyS1"), frozenset(), kept)
    assert settings == Settings("admin", "ttyS1", "xen")
    assert said == "As in this image's last change: user admin, hypervisor xen."
    settings, said = choices.remembered(Settings(user="ann"), frozenset({"user", "hypervisor"}), kept)
    assert (settings, said) == (Settings(user="ann"), "")
    with pytest.raises(UsageError):
        choices.remembered(Settings(), frozenset(), {"user": "a\x1b[31m"})
    assert choices.to_keep(Settings("ann", key_fetch="rc.local", network=True)) == {
        "user": "ann",
        "key_fetch": "rc.local",
    }


def test_the_newest_fix_that_stands_is_what_the_journal_remembers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state")
    assert journal.kept_settings() == {}
    journal.create([])
    for kind, state, user in (
        ("fix", State.COMMITTED, "first"),
        ("fix", State.COMMITTED, "second"),
        ("revert", State.COMMITTED, "third"),
        ("fix", State.UNDONE, "fourth"),
    ):
        number = journal.begin(kind, 1, (), (), (), settings={"user": user})
        journal.set_state(number, state)
    assert journal.kept_settings() == {"user": "second"}


def test_a_journal_of_the_first_version_is_read_as_it_is_and_written_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state")
    journal.create([])
    number = journal.begin("fix", 1, ("firewall",), (), ())
    journal.set_state(number, State.COMMITTED)
    with sqlite3.connect(journal.path) as db:  # as the first version made it
        db.executescript("ALTER TABLE change DROP COLUMN settings; ALTER TABLE change DROP COLUMN packages;")
        db.executescript("PRAGMA user_version = 1;")
    assert journal.kept_settings() == {}
    assert [change.fixes for change in journal.changes()] == [("firewall",)]
    journal.create([])
    journal.set_state(journal.begin("fix", 1, ("ssh-key",), (), (), settings={"user": "ann"}), State.COMMITTED)
    assert journal.kept_settings() == {"user": "ann"}
    assert [change.number for change in journal.changes()] == [2, 1]
