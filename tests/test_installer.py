"""When nothing is installed, and what an installation's scripts leave that is put right again."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_guest import BOOKWORM, FakeGuest
from linux_guest import debian

from remediations.guest import FileKind
from remediations.vocabulary import Settings
from wizard import guest_packages
from wizard.change import FileState
from wizard.guest_packages import Installer
from wizard.step_error import StepError

ONLINE = Settings(network=True)
MINIMAL = {"/usr/bin/apt-get": b"\x7fELF", "/usr/sbin/x": b"", "/etc/x": b""}


class Guest(FakeGuest):
    """A FakeGuest with what the installer asks of the real one."""

    def realpath(self, path: str) -> str:
        return self._resolve(path)


def installer(guest: Any, settings: Settings = ONLINE, free: int = 2**40) -> Installer:
    def statvfs(_point: str) -> dict[str, int]:
        return {"bavail": free // 4096, "frsize": 4096}

    g = SimpleNamespace(debug=lambda _command, words: "x86_64\n", statvfs=statvfs)
    appliance: Any = SimpleNamespace(g=g, limited=lambda _seconds: nullcontext())
    return Installer(appliance, guest, settings, Path("/"), lambda _line: None)


@pytest.mark.parametrize(
    ("guest", "settings", "names", "reason"),
    [
        (FakeGuest(MINIMAL, replace(BOOKWORM, arch="aarch64")), ONLINE, ("curl",), "install curl in the guest itself"),
        (FakeGuest(MINIMAL), Settings(), ("curl",), "--network"),
        (FakeGuest({"/etc/x": b""}), ONLINE, ("curl",), "no package manager"),
        (FakeGuest({**MINIMAL, "/ostree/repo/config": b""}), ONLINE, ("curl",), "ostree"),
        (FakeGuest(MINIMAL), ONLINE, ("-o=Dir::x",), "no package's name"),
        (FakeGuest(MINIMAL), ONLINE, ("a b",), "no package's name"),
    ],
)
def test_it_says_why_it_does_not_install(
    guest: FakeGuest, settings: Settings, names: tuple[str, ...], reason: str
) -> None:
    ledger: Any = None
    with pytest.raises(StepError, match=reason):
        installer(guest, settings).install(names, ledger)


def test_a_guest_without_a_folder_for_temporary_files_is_refused() -> None:
    ledger: Any = None
    with pytest.raises(StepError, match="/tmp is no folder"):
        installer(Guest(MINIMAL)).install(("curl",), ledger)


def test_a_full_guest_and_a_full_host_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StepError, match="the guest has 10 MiB free and 20 MiB are needed"):
        installer(FakeGuest(MINIMAL), free=10 * 2**20)._require_room(20 * 2**20)
    monkeypatch.setattr(guest_packages.shutil, "disk_usage", lambda _path: SimpleNamespace(free=2**20))
    with pytest.raises(StepError, match="the host's / has 1 MiB free and 532 are"):
        installer(FakeGuest(MINIMAL))._require_room(20 * 2**20)


class Ledger:
    def __init__(self, states: dict[str, FileState]) -> None:
        self.states = states
        self.restored: dict[str, FileState | None] = {}

    def state(self, path: str) -> FileState | None:
        return self.states.get(path)

    def restore(self, path: str, state: FileState | None) -> None:
        self.restored[path] = state


def file(content: bytes) -> FileState:
    return FileState(FileKind.FILE, 0o444, 0, 0, content)


LINK = FileState(FileKind.LINK, 0o777, 0, 0, None, "/etc/machine-id")


@pytest.mark.parametrize(
    ("before", "after", "restored"),
    [(file(b""), file(b"1f\n"), True), (None, file(b"1f\n"), True), (None, LINK, False), (file(b""), file(b""), False)],
)
def test_an_identity_that_a_script_has_filled_in_is_put_back(
    before: FileState | None, after: FileState, restored: bool
) -> None:
    ledger = Ledger({"/etc/machine-id": after})
    installer(FakeGuest(MINIMAL))._put_back("/etc/machine-id", before, ledger)
    assert ledger.restored == ({"/etc/machine-id": before} if restored else {})


KEYS = ("/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub")


@pytest.mark.parametrize(("made_at_boot", "gone"), [(True, KEYS), (False, ())])
def test_host_keys_go_where_a_boot_makes_them_and_no_earlier_key_does(
    monkeypatch: pytest.MonkeyPatch, made_at_boot: bool, gone: tuple[str, ...]
) -> None:
    monkeypatch.setattr(guest_packages.host_keys, "maker", lambda _guest: ("a place",) if made_at_boot else ())
    ledger = Ledger(dict.fromkeys((*KEYS, "/etc/ssh/ssh_host_dsa_key"), file(b"k")))
    installer(debian({}))._remove_keys(ledger, (*KEYS, "/etc/ssh/sshd_config", "/usr/bin/ssh_host_rsa_key"))
    assert tuple(ledger.restored) == gone


def test_keys_of_an_earlier_installation_go_once_something_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(dict.fromkeys(KEYS, file(b"k")))
    installing = installer(debian({}))
    monkeypatch.setattr(guest_packages.host_keys, "maker", lambda _guest: ())
    installing._remove_keys(ledger, KEYS)
    assert ledger.restored == {}
    monkeypatch.setattr(guest_packages.host_keys, "maker", lambda _guest: ("a place",))
    installing._remove_keys(ledger, ())
    assert tuple(ledger.restored) == KEYS
