"""The launcher: KVM first, emulation when that fails, and the working choice remembered. libguestfs is a fake here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

import pytest

from wizard import appliance
from wizard.errors import Cancelled, OpenError


class FakeHandle:
    """Launches only as ``works`` says; writes down what was tried."""

    works: tuple[str, ...] = ()
    tried: list[str] = []  # noqa: RUF012 - reset by the fixture

    def __init__(self, **_options: Any) -> None:
        self.accelerator = "kvm"

    def set_backend_setting(self, name: str, value: str) -> None:
        assert (name, value) == ("force_tcg", "1")
        self.accelerator = "tcg"

    def launch(self) -> None:
        self.tried.append(self.accelerator)
        if self.accelerator not in self.works:
            raise RuntimeError("guestfs_launch failed.\nand much more")

    def __getattr__(self, _name: str) -> Any:
        return lambda *words, **options: None


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeHandle]:
    """A host with /dev/kvm, a fake libguestfs, and a cache of its own."""
    module = types.ModuleType("guestfs")
    for name in ("EVENT_APPLIANCE", "EVENT_LIBRARY", "EVENT_WARNING"):
        setattr(module, name, 1)
    module.GuestFS = FakeHandle  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "guestfs", module)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: True)
    FakeHandle.works, FakeHandle.tried = ("kvm", "tcg"), []
    return FakeHandle


def launch() -> list[str]:
    said: list[str] = []
    appliance.Appliance(Path("/disk"), "raw", readonly=True).launch(said.append)
    return said


def test_kvm_is_first(host: type[FakeHandle]) -> None:
    assert launch() == ["Starting the appliance (KVM)"]
    assert host.tried == ["kvm"]


def test_emulation_is_second_and_remembered(host: type[FakeHandle], monkeypatch: pytest.MonkeyPatch) -> None:
    host.works = ("tcg",)
    launch()
    launch()
    assert host.tried == ["kvm", "tcg", "tcg"]
    monkeypatch.setattr(appliance, "_host_key", lambda: "another start of the host")
    launch()
    assert host.tried[-2:] == ["kvm", "tcg"], "a restarted host may have a KVM that works"


def test_a_kvm_that_hangs_is_given_up_for_emulation(host: type[FakeHandle], monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(self: FakeHandle) -> None:
        self.tried.append(self.accelerator)
        if self.accelerator == "kvm":
            hung = subprocess.Popen(["qemu-hung", "60"], executable=sleeper)
            assert hung.wait(20) == -signal.SIGKILL, "it was killed"
            assert another.poll() is None, "and nothing else"
            raise RuntimeError("guestfs_launch failed")

    # A process is called as its file is.
    sleeper = Path(shutil.copy("/bin/sleep", Path(os.environ["XDG_CACHE_HOME"], "qemu-hung")))
    monkeypatch.setattr(host, "launch", launch)
    monkeypatch.setattr(appliance, "KVM_SILENCE", 0.5)
    another = subprocess.Popen(["qemu-other", "60"], executable=sleeper)
    time.sleep(0.6)
    started = appliance.Appliance(Path("/disk"), "raw", readonly=True)
    said: list[str] = []
    try:
        started.launch(said.append)
    finally:
        another.kill()
        another.wait()
    assert said == ["Starting the appliance (KVM)", "Starting the appliance (emulation)"]
    assert not started.expired, "what comes then has all its time"
    assert appliance._remembered() == "tcg"


def test_a_kvm_that_is_slow_but_speaks_is_not_given_up(host: type[FakeHandle], monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(self: FakeHandle) -> None:
        slow = subprocess.Popen(["qemu-slow", "2"], executable=sleeper)
        while slow.poll() is None:
            started._listen(0, 0, "supermin: mounting /proc", None)
            time.sleep(0.1)
        assert slow.returncode == 0, "it was not killed"

    sleeper = Path(shutil.copy("/bin/sleep", Path(os.environ["XDG_CACHE_HOME"], "qemu-slow")))
    monkeypatch.setattr(host, "launch", launch)
    monkeypatch.setattr(appliance, "KVM_SILENCE", 0.5)
    started = appliance.Appliance(Path("/disk"), "raw", readonly=True)
    said: list[str] = []
    started.launch(said.append)
    assert said == ["Starting the appliance (KVM)"]


def test_without_access_to_kvm_only_emulation_is_tried(host: type[FakeHandle], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != "/dev/kvm")
    launch()
    assert host.tried == ["tcg"]


def test_neither_works(host: type[FakeHandle]) -> None:
    host.works = ()
    with pytest.raises(OpenError) as caught:
        launch()
    assert caught.value.code == "appliance"
    assert "guestfs_launch failed. The image is as it was" in caught.value.message
    assert "--doctor" in caught.value.next
    host.works = ("kvm",)
    launch()
    assert host.tried[-1] == "kvm", "a failure of both is not remembered"


def test_a_damaged_memory_is_no_obstacle(host: type[FakeHandle]) -> None:
    appliance._memory().write_text("{ not json")
    launch()
    assert host.tried == ["kvm"]


def test_a_start_that_is_cancelled_before_it_has_a_process_is_ended_all_the_same(
    host: type[FakeHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[float] = []
    seen = threading.Event()

    def look() -> None:
        looked.append(time.monotonic())
        if len(looked) == 3:  # nothing there to kill at the first looks
            seen.set()

    def launch(self: FakeHandle) -> None:
        threading.Timer(0.1, started.kill).start()
        assert seen.wait(10)
        raise RuntimeError("killed")

    monkeypatch.setattr(appliance, "_kill_children", look)
    monkeypatch.setattr(host, "launch", launch)
    started = appliance.Appliance(Path("/disk"), "raw", readonly=True)
    with pytest.raises(Cancelled):
        started.launch(lambda line: None)


def test_an_emulated_appliance_does_without_random_addresses(
    host: type[FakeHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(host, "get_append", lambda self: "mine=1", raising=False)
    monkeypatch.setattr(host, "set_append", lambda self, words: said.append(words), raising=False)
    host.works = ("tcg",)
    launch()
    kvm, tcg = said
    assert kvm == "mine=1 vsyscall=emulate", "with KVM random addresses cost nothing, and stay"
    assert tcg == "mine=1 norandmaps vsyscall=emulate"
