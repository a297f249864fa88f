"""Work in a process of its own: results and errors come back, and nothing that happens in it reaches us."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from wizard.child import Child, ChildError
from wizard.document import Outcome
from wizard.errors import Cancelled, OpenError
from wizard.fast.errors import StepAside
from wizard.parallel import run as run_all


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_result_comes_back_whatever_its_size() -> None:
    child = Child(lambda: bytes(5_000_000))
    assert child.result() == bytes(5_000_000)
    assert gone(child.pid)


@pytest.mark.parametrize(
    "error", [StepAside("not certain"), OpenError("a-code", "what", "next"), Cancelled(), KeyError("x")]
)
def test_errors_come_back_as_they_were_raised(error: Exception) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        Child(work).result()
    assert str(caught.value) == str(error)
    assert getattr(caught.value, "code", "") == getattr(error, "code", "")


def test_an_error_that_cannot_travel_is_told() -> None:
    class Local(Exception):
        pass

    def work() -> None:
        raise Local("far away")

    with pytest.raises(ChildError, match="Local: far away"):
        Child(work).result()


def test_what_takes_too_long_is_ended() -> None:
    def work() -> None:
        while True:
            pass

    child = Child(work, seconds=0.3)
    begun = time.monotonic()
    with pytest.raises(ChildError, match="longer than"):
        child.result()
    assert time.monotonic() - begun < 3
    assert gone(child.pid)


def test_what_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(ChildError, match="memory"):
        Child(lambda: len(bytearray(1 << 31)), memory=64 * 1024**2).result()


def test_what_crashes_is_told() -> None:
    with pytest.raises(ChildError, match="signal 9"):
        Child(lambda: os.kill(os.getpid(), signal.SIGKILL)).result()


def test_cancelling_from_another_thread_ends_it() -> None:
    child = Child(lambda: time.sleep(60))
    threading.Timer(0.2, child.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        child.result()
    assert time.monotonic() - begun < 5
    assert gone(child.pid)


def outcome(image: Path) -> Outcome:
    if image.name == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if image.name == "slow":
        time.sleep(0.5)
    return Outcome(str(image), exit_code=1, error=OpenError("not-found", "It is not there.", "Look."))


def test_one_that_dies_does_not_stop_the_others_and_the_order_is_kept() -> None:
    images = [Path(name) for name in ("slow", "crash", "a", "b", "c")]
    done: list[str] = []
    outcomes = run_all(outcome, images, 2, lambda one: done.append(one.path))
    assert [one.path for one in outcomes] == ["slow", "crash", "a", "b", "c"]
    assert sorted(done) == sorted(one.path for one in outcomes)
    assert done[-1] != "c" or done[0] != "slow", "they ran at once"
    dead = outcomes[1].error
    assert dead is not None
    assert (dead.code, outcomes[1].exit_code) == ("process", 3)
    assert "signal 9" in dead.message
    assert [one.error.code for one in outcomes if one.error] == ["not-found", "process", *["not-found"] * 3]


def test_an_interrupt_ends_what_runs_and_begins_nothing_more(tmp_path: Path) -> None:
    def work(image: Path) -> Outcome:
        (tmp_path / image.name).touch()
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        stopped.wait(30)
        return Outcome(str(image), exit_code=130, error=Cancelled())

    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    outcomes = run_all(work, [Path(str(number)) for number in range(6)], 2, lambda one: None)
    assert time.monotonic() - begun < 10
    assert [(one.path, one.exit_code) for one in outcomes] == [("0", 130), ("1", 130), ("2", 130)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]
