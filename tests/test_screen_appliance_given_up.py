"""An appliance that is starting is given up for whatever does not need it: undo, reopening, leaving."""

from __future__ import annotations

import signal

import pytest
from fake_engine import FakeEngine, FakeHost, fast_host
from fake_report import make_change
from screen_driver import ended, reach, said, to_starting, to_waiting, until, wizard
from textual.pilot import Pilot

from screens import desk as desk_module
from screens import engine_thread
from screens.appliance import Phase
from screens.apply import UndoScreen
from screens.dialogs import ConfirmDialog
from screens.journal import JournalScreen
from screens.picker import PickerScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from wizard.errors import OpenError

NO_START = OpenError(
    "appliance", "The libguestfs appliance did not start: it said [/x]. The image is as it was.", "Run --doctor."
)


async def to_undo(pilot: Pilot[int], host: FakeHost) -> None:
    await to_starting(pilot, host)
    await pilot.press("j")
    await reach(pilot, JournalScreen)
    await pilot.press("u")
    await reach(pilot, ConfirmDialog)
    await pilot.press("y")


async def test_undo_does_not_wait_for_the_appliance() -> None:
    host = fast_host(hold={"warm_up"}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await to_undo(pilot, host)
        assert "bit for bit" in await ended(pilot, UndoScreen)
        assert host.calls == ["open", "warm_up", "history", "cancel", "undo"]
        await pilot.press("enter")
        await said(pilot, "> appliance starting")
        await until(pilot, lambda: host.calls[-3:] == ["close", "open", "warm_up"])


async def test_an_undo_given_up_before_it_began_never_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEngine, "cancel", lambda engine: engine.host.calls.append("cancel"))
    host = fast_host(hold={"warm_up"}, journal=[make_change(1)])
    async with wizard(host).run_test() as pilot:
        await to_undo(pilot, host)
        await reach(pilot, UndoScreen)
        await until(pilot, lambda: "cancel" in host.calls)
        await pilot.press("escape")
        await reach(pilot, RequirementsScreen)
        host.release.set()
        await pilot.press("a", "p")
        await reach(pilot, PreviewScreen)
        assert "undo" not in host.calls


async def test_reopening_does_not_wait_for_the_appliance() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("r")
        await until(pilot, lambda: host.calls == ["open", "warm_up", "cancel", "close", "open", "warm_up"])
        await said(pilot, "> appliance starting… 7 s")
        host.release.set()
        await said(pilot, "✓ appliance ready")
        assert host.made == 2


@pytest.mark.parametrize("ending", [None, NO_START])
async def test_what_became_of_an_appliance_that_was_given_up_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, ending: Exception | None
) -> None:
    def wait(engine: FakeEngine) -> None:
        engine._cancelled.wait(20)
        if ending:
            raise ending

    monkeypatch.setattr(FakeEngine, "_wait", wait)
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await until(pilot, lambda: "warm_up" in host.calls)
        shown: list[Phase] = []
        host.hold.clear()
        host.hold.add("open")  # the second opening stays under way
        desk = screen._desk
        desk.on_appliance = lambda: shown.append(desk.appliance.phase)
        await pilot.press("r")
        await until(pilot, lambda: host.calls.count("open") == 2)
        assert set(shown) == {Phase.OFF}


async def test_a_stop_that_misses_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "PATIENCE", 0.05)
    monkeypatch.setattr(engine_thread, "PATIENCE", 0.05)
    stop, missed = FakeEngine.cancel, list[int]()

    def cancel(engine: FakeEngine) -> None:
        missed.append(1)
        if len(missed) % 3 == 0:
            stop(engine)

    monkeypatch.setattr(FakeEngine, "cancel", cancel)
    host = fast_host(hold={"warm_up"})
    app = wizard(host)
    async with app.run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("r")
        await until(pilot, lambda: host.calls.count("warm_up") == 2)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert len(missed) == 6
    assert host.calls[-2:] == ["cancel", "close"]


async def test_another_image_does_not_wait_for_the_appliance() -> None:
    host = fast_host(hold={"warm_up"})
    async with wizard(host).run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("o")
        await reach(pilot, PickerScreen)
        assert host.calls == ["open", "warm_up", "cancel", "close"]


async def test_quitting_does_not_wait_for_the_appliance() -> None:
    host = fast_host(hold={"warm_up"})
    app = wizard(host)
    async with app.run_test() as pilot:
        await to_starting(pilot, host)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert host.calls == ["open", "warm_up", "cancel", "close"]
    assert app.return_value == 0


async def test_quitting_drops_a_waiting_preview() -> None:
    host = fast_host(hold={"warm_up"})
    app = wizard(host)
    async with app.run_test() as pilot:
        await to_waiting(pilot, host)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert host.calls == ["open", "warm_up", "cancel", "close"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_signals_do_not_wait_for_the_appliance(number: signal.Signals) -> None:
    host = fast_host(hold={"warm_up"})
    app = wizard(host)
    async with app.run_test() as pilot:
        await to_starting(pilot, host)
        signal.raise_signal(number)
        await until(pilot, lambda: not app.is_running)
    assert host.calls == ["open", "warm_up", "cancel", "close"]
    assert app.return_value == 130
