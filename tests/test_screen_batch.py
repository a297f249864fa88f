"""Several images: marked in the picker, checked side by side, fixed one after the other."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import FakeEngine, FakeHost
from fake_report import IMAGE, REPORT, FakeClock, clean_report
from screen_driver import detail, reach, until, wizard
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from remediations.vocabulary import Status
from screens.batch import BatchScreen
from screens.batch_text import item_row
from screens.batch_work import Item, Phase
from screens.dialogs import ConfirmDialog, LeavingDialog, TextDialog
from screens.export import ExportDialog
from screens.picker import PickerScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from wizard.change import Preview
from wizard.errors import KeyNeeded, OpenError
from wizard.reports.run import verdict

BROKEN = OpenError("no-system", "No Linux system was found in b.qcow2.", "Is this the right disk?")


class Hosts(FakeHost):
    """A host of its own for each image, by the image's name."""

    def __init__(self, **hosts: FakeHost) -> None:
        super().__init__(clock=FakeClock())
        self.of = {f"{name}.qcow2": host for name, host in hosts.items()}

    def connect(self, path: Path) -> FakeEngine:
        return self.of.setdefault(path.name, FakeHost()).connect(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.qcow2", "b.qcow2", "c.qcow2", "notes.txt"):
        (tmp_path / name).touch()
    return tmp_path


async def marked(pilot: Pilot[int], *keys: str) -> BatchScreen:
    """The batch of the images that the keys mark in the picker."""
    picker = await reach(pilot, PickerScreen)
    await until(pilot, lambda: any(entry.format for entry in picker._listing.entries.values()))
    await pilot.press(*keys, "c")
    return await reach(pilot, BatchScreen)


async def done(pilot: Pilot[int], screen: BatchScreen) -> list[Item]:
    await until(pilot, lambda: screen._batch._running and not screen._batch.running, "the end of the batch")
    return screen._batch.items


async def test_marked_images_are_checked_and_none_is_written(folder: Path) -> None:
    hosts = Hosts(b=FakeHost(fail={"open": BROKEN}))
    async with wizard(hosts, folder).run_test() as pilot:
        items = await done(pilot, await marked(pilot, "a"))
        assert [(item.path.name, item.phase) for item in items] == [
            ("a.qcow2", Phase.CHECKED), ("b.qcow2", Phase.FAILED), ("c.qcow2", Phase.CHECKED)
        ]  # fmt: skip
        assert all(host.calls == ["open", "close"] for host in hosts.of.values())
        assert "fixes on offer" in detail(pilot)
        target = folder / "all.json"
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
        pilot.app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, target.exists)
        told = json.loads(target.read_text())["images"]
        assert [image["error"] and image["error"]["code"] for image in told] == [None, "no-system", None]
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        await pilot.press("escape")
        await reach(pilot, BatchScreen)
        await pilot.press("down")
        assert "No Linux system was found" in detail(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, BatchScreen))
        assert hosts.of["b.qcow2"].calls[2:3] == ["open"]


async def test_marks_are_set_and_dropped(folder: Path) -> None:
    async with wizard(Hosts(), folder).run_test() as pilot:
        picker = await reach(pilot, PickerScreen)
        await until(pilot, lambda: any(entry.format for entry in picker._listing.entries.values()))
        assert picker.check_action("check", ()) is None
        await pilot.press("c")
        assert isinstance(pilot.app.screen, PickerScreen)
        await pilot.press("space", "space", "up", "space")
        assert {path.name for path in picker._place.marked} == {"a.qcow2"}
        await pilot.press("n")
        assert not picker._place.marked
        await pilot.press("end")
        assert picker.check_action("mark", ()) is None  # a text file
        await pilot.press("space")
        assert not picker._place.marked


async def test_all_fixes_are_made_after_one_question(folder: Path) -> None:
    hosts = Hosts()
    async with wizard(hosts, folder).run_test() as pilot:
        screen = await marked(pilot, "space", "space")
        await done(pilot, screen)
        await pilot.press("w")
        await reach(pilot, ConfirmDialog)
        await pilot.press("enter")  # Cancel has the focus
        await reach(pilot, BatchScreen)
        assert all("preview" not in host.calls for host in hosts.of.values())
        await pilot.press("w", "y")
        await until(pilot, lambda: all(item.phase is Phase.FIXED for item in screen._batch.items))
        assert [host.calls[2:] for host in hosts.of.values()] == [["open", "preview", "commit", "close"]] * 2
        await done(pilot, screen)
        assert "--undo" in detail(pilot)
        assert screen.check_action("fix", ()) is None
        await pilot.press("escape")
        await reach(pilot, PickerScreen)


async def test_a_fix_that_fails_leaves_the_others(folder: Path) -> None:
    hosts = Hosts(a=FakeHost(fail={"commit": OpenError("busy", "Somebody else writes.", "Wait.")}))
    async with wizard(hosts, folder).run_test() as pilot:
        screen = await marked(pilot, "space", "space")
        await done(pilot, screen)
        await pilot.press("w", "y")
        await until(pilot, lambda: screen._batch.items[1].phase is Phase.FIXED)
        assert screen._batch.items[0].phase is Phase.FAILED
        assert screen._batch.exit_code == 3


async def test_stopping_begins_nothing_more(folder: Path) -> None:
    hosts = Hosts(a=FakeHost(hold={"open"}), b=FakeHost(hold={"open"}))
    async with wizard(hosts, folder).run_test() as pilot:
        screen = await marked(pilot, "a")
        await until(pilot, lambda: hosts.of["a.qcow2"].held.is_set())
        assert screen.check_action("fix", ()) is None
        assert screen.check_action("open", ()) is None
        await pilot.press("escape")
        items = await done(pilot, screen)
        assert items[0].phase is Phase.STOPPED
        assert all(host.calls[-1] == "close" for host in hosts.of.values())
        await pilot.press("escape")
        await reach(pilot, PickerScreen)


async def test_quitting_while_an_image_is_written_waits(folder: Path) -> None:
    host = FakeHost(hold={"commit"})
    async with wizard(Hosts(a=host), folder).run_test() as pilot:
        screen = await marked(pilot, "space")
        await done(pilot, screen)
        await pilot.press("w", "y")
        await until(pilot, host.held.is_set)
        await pilot.press("escape")
        assert screen._batch.writing
        await pilot.press("q")
        await reach(pilot, LeavingDialog)
        threading.Timer(0.2, host.release.set).start()
        await until(pilot, lambda: pilot.app.return_code is not None or host.calls[-1] == "close")
        assert [call for call in host.calls if call != "cancel"][-2:] == ["commit", "close"]
        assert host.journal


async def test_typing_filters_and_the_arrows_move_meanwhile(folder: Path) -> None:
    async with wizard(Hosts(), folder).run_test() as pilot:
        picker = await reach(pilot, PickerScreen)
        await until(pilot, lambda: any(entry.format for entry in picker._listing.entries.values()))
        await pilot.press("slash", *"qcow", "down")
        shown = list(picker._list_widget.keys)
        assert shown == ["0", "1", "2"]
        assert picker._list_widget.key == "1"
        await pilot.press("escape")
        assert picker.query_one(Input).value == ""
        assert len(picker._list_widget.keys) == 5
        await pilot.press("slash", *"c.q", "enter")
        await reach(pilot, RequirementsScreen)


async def test_images_looked_at_lately_come_first(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    from wizard.known_images import KnownImages

    image = tmp_path_factory.mktemp("elsewhere") / "golden.qcow2"
    image.write_bytes(b"QFI\xfb" + bytes(100))
    KnownImages().remember(image, REPORT)
    KnownImages().remember(folder / "b.qcow2", REPORT)
    async with wizard(Hosts(), folder).run_test() as pilot:
        picker = await reach(pilot, PickerScreen)
        await until(pilot, lambda: "recent 0" in picker._listing.recent)
        assert picker._listing.recent["recent 0"].path == image
        assert picker._listing.known["1"].path.name == "b.qcow2"
        assert picker._list_widget.key == "0"  # the cursor stays in the folder
        await pilot.press("home", "enter")
        await reach(pilot, RequirementsScreen)


async def test_what_several_links_lead_to_is_one_image(folder: Path) -> None:
    (folder / "d.qcow2").symlink_to(folder / "a.qcow2")
    async with wizard(Hosts(), folder).run_test() as pilot:
        items = await done(pilot, await marked(pilot, "a"))
        assert [item.path.name for item in items] == ["a.qcow2", "b.qcow2", "c.qcow2"]


async def test_an_image_that_was_replaced_since_it_was_checked_is_left(folder: Path) -> None:
    hosts = Hosts(a=FakeHost(image=replace(IMAGE, files=(folder / "a.qcow2",))))
    async with wizard(hosts, folder).run_test() as pilot:
        screen = await marked(pilot, "space", "space")
        await done(pilot, screen)
        (folder / "a.qcow2").write_bytes(b"another")
        await pilot.press("w", "y")
        await until(pilot, lambda: screen._batch.items[1].phase is Phase.FIXED)
        error = screen._batch.items[0].error
        assert error is not None
        assert error.code == "image-changed"
        assert hosts.of["a.qcow2"].calls[2:] == ["open", "close"]


async def test_an_image_on_which_another_rests_is_not_written(folder: Path) -> None:
    hosts = Hosts(b=FakeHost(image=replace(IMAGE, backing=(folder / "a.qcow2",))))
    async with wizard(hosts, folder).run_test() as pilot:
        screen = await marked(pilot, "space", "space")
        await done(pilot, screen)
        assert [item.path.name for item in screen._batch.fixable] == ["b.qcow2"]
        assert "b.qcow2 rests on it" in detail(pilot)


async def test_of_what_was_not_checked_nothing_is_told_but_that(folder: Path) -> None:
    host = FakeHost(hold={"open"})
    async with wizard(Hosts(a=host), folder).run_test() as pilot:
        screen = await marked(pilot, "space")
        await until(pilot, host.held.is_set)
        assert screen._batch.exit_code == 130
        await pilot.press("escape")
        (item,) = await done(pilot, screen)
        assert item.phase is Phase.STOPPED
        assert item.outcome.error is not None
        assert (item.outcome.error.code, item.outcome.exit_code) == ("cancelled", 130)


async def test_stopping_between_two_steps_writes_nothing(folder: Path) -> None:
    host = FakeHost()
    async with wizard(Hosts(a=host), folder).run_test() as pilot:
        screen = await marked(pilot, "space")
        await done(pilot, screen)
        preview = FakeEngine.preview

        def stopped(self: FakeEngine, ids: Sequence[str]) -> Preview:
            screen._batch.cancelling = True  # too late for the engine to be told
            return preview(self, ids)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FakeEngine, "preview", stopped)
            await pilot.press("w", "y")
            await until(pilot, lambda: host.calls[-2:] == ["preview", "close"])
        (item,) = await done(pilot, screen)
        assert item.phase is Phase.CHECKED
        assert not host.journal


async def test_from_an_image_the_way_leads_back_to_the_table(folder: Path) -> None:
    hosts = Hosts(b=FakeHost(fail={"open": BROKEN}))
    async with wizard(hosts, folder).run_test() as pilot:
        screen = await marked(pilot, "a")
        await done(pilot, screen)
        await pilot.press("down", "enter")
        await reach(pilot, RequirementsScreen)
        await pilot.press("o")
        again = await reach(pilot, BatchScreen)
        items = await done(pilot, again)
        assert [item.phase for item in items] == [Phase.CHECKED] * 3  # the one that was opened was looked at anew
        assert hosts.of["a.qcow2"].calls == ["open", "close"]
        assert again.query_one(RowList).key == "1"


async def test_keys_pressed_twice_ask_once(folder: Path) -> None:
    async with wizard(Hosts(), folder).run_test() as pilot:
        screen = await marked(pilot, "a")
        await done(pilot, screen)
        for _ in range(2):  # both before the dialog stands
            pilot.app.post_message(events.Key("w", "w"))
        await reach(pilot, ConfirmDialog)
        await pilot.press("n")
        assert isinstance(pilot.app.screen, BatchScreen)


async def test_what_an_image_lacks_is_asked_for_where_it_is_opened(folder: Path) -> None:
    locked = KeyNeeded("encrypted-guest", "The guest is encrypted.", "Give its key.")
    async with wizard(Hosts(a=FakeHost(fail={"open": locked})), folder).run_test() as pilot:
        await done(pilot, await marked(pilot, "space"))
        assert "enter opens it, and asks" in detail(pilot)


async def test_an_image_that_cannot_be_written_is_called_read_only(folder: Path) -> None:
    hosts = Hosts(a=FakeHost(image=replace(IMAGE, read_only_reason="it is in use")), b=FakeHost(report=clean_report()))
    async with wizard(hosts, folder).run_test(size=(120, 40)) as pilot:
        screen = await marked(pilot, "a")
        items = await done(pilot, screen)
        a, b, c = (item_row("0", item).draw(80).plain for item in items)
        assert "read-only" in a
        assert "fix" not in a
        assert "read-only" not in b + c
        assert "fixable" in c
        shown = [(key.key_display, key.description) for key in screen.query(FooterKey)]
        assert shown[0] == ("enter", "Open")


async def test_what_nothing_applies_to_does_not_pass(folder: Path) -> None:
    skipped = [replace(a, finding=replace(a.finding, status=Status.SKIPPED), fix=None) for a in REPORT.assessments]
    hosts = Hosts(a=FakeHost(report=replace(REPORT, assessments=tuple(skipped))), b=FakeHost(report=clean_report()))
    async with wizard(hosts, folder).run_test() as pilot:
        items = await done(pilot, await marked(pilot, "space", "space"))
        a, b = (item_row("0", item).draw(80).plain for item in items)
        assert ("- skipped" in a, "pass" in a) == (True, False)
        assert "✓ pass" in b
        assert [verdict(item.outcome, strict=False) for item in items] == ["nothing applies", "satisfied"]


async def test_the_marks_are_there_when_the_batch_is_left(folder: Path) -> None:
    async with wizard(Hosts(), folder).run_test() as pilot:
        first = await reach(pilot, PickerScreen)
        screen = await marked(pilot, "space", "space", "up")
        await done(pilot, screen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen not in (first, screen))
        picker = await reach(pilot, PickerScreen)
        await until(pilot, lambda: picker._list_widget.key == "1")
        assert {path.name for path in picker._place.marked} == {"a.qcow2", "b.qcow2"}
        assert picker.check_action("check", ()) is True
