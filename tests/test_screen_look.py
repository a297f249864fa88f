"""How the wizard looks: themes that can be read, no colours where none are wanted, and any size of terminal."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fake_engine import FakeHost
from fake_report import make_change
from screen_driver import ended, reach, until, wizard
from textual.color import Color
from textual.pilot import Pilot
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input, Static

import screens
from screens.apply import ApplyScreen
from screens.dialogs import ConfirmDialog
from screens.footer import KeyLine
from screens.help import HelpScreen
from screens.journal import JournalScreen
from screens.opening import OpeningScreen
from screens.picker import PickerScreen
from screens.preview import PreviewScreen
from screens.requirements import RequirementsScreen
from screens.rows import RowList
from screens.themes import THEMES
from wizard import config
from wizard.errors import OpenError

TEXTS = (
    "foreground",
    "foreground-muted",
    "text",
    "text-muted",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
)
GROUNDS = ("background", "surface", "panel", "block-cursor-background", "block-cursor-blurred-background")
COLOURED = [theme for theme in THEMES if not theme.ansi]


def test_the_themes_are_those_that_the_configuration_knows() -> None:
    assert tuple(theme.name for theme in THEMES) == config.THEMES


def luminance(color: Color) -> float:
    parts = [part / 255 for part in (color.r, color.g, color.b)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: str, ground: str) -> float:
    """By WCAG 2.1; colours with an alpha would need what lies below them."""
    one, other = Color.parse(text), Color.parse(ground)
    assert one.a == other.a == 1
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    colours = {**theme.to_color_system().generate(), **theme.variables}
    pairs = [
        *itertools.product(TEXTS, GROUNDS),
        *((f"text-{n}", f"{n}-muted") for n in ("success", "warning", "error")),
    ]
    least = 7 if theme.name == "high-contrast" else 4.5
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= least, (text, ground)


def test_the_styles_name_colours_of_the_theme_alone() -> None:
    for file in Path(screens.__file__).parent.glob("*.tcss"):
        text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S)
        # After a colon, a word that is a colour: #abc, rgb(...), ansi_red, or a name that Textual would parse.
        for rule, value in re.findall(r"(color|background|tint|border[a-z-]*):\s*([^;]+);", text):
            for word in value.split():
                assert not re.match(r"#|rgb|hsl|ansi_", word), (file.name, rule, value)


async def to_requirements(pilot: Pilot[int]) -> Screen[object]:
    await reach(pilot, RequirementsScreen)
    await pilot.press("down", "down", "down", "up", "up", "space")
    return pilot.app.screen


async def to_preview(pilot: Pilot[int]) -> Screen[object]:
    await reach(pilot, RequirementsScreen)
    await pilot.press("a", "p")
    screen = await reach(pilot, PreviewScreen)
    await pilot.press("down", "down")
    return screen


async def to_question(pilot: Pilot[int]) -> Screen[object]:
    await to_preview(pilot)
    await pilot.press("w")
    return await reach(pilot, ConfirmDialog)


async def to_written(pilot: Pilot[int]) -> Screen[object]:
    await to_question(pilot)
    await pilot.press("y")
    await ended(pilot, ApplyScreen)
    return pilot.app.screen


async def to_journal(pilot: Pilot[int]) -> Screen[object]:
    await reach(pilot, RequirementsScreen)
    await pilot.press("j")
    screen = await reach(pilot, JournalScreen)
    await pilot.press("down")
    return screen


async def to_help(pilot: Pilot[int]) -> Screen[object]:
    await reach(pilot, RequirementsScreen)
    await pilot.press("question_mark")
    return await reach(pilot, HelpScreen)


async def to_settings(pilot: Pilot[int]) -> Screen[object]:
    screen = await reach(pilot, RequirementsScreen)
    await pilot.press("s")
    await until(pilot, lambda: screen.has_class("-settings"), "the settings")
    return screen


async def to_picker(pilot: Pilot[int]) -> Screen[object]:
    screen = await reach(pilot, PickerScreen)
    await until(pilot, lambda: screen.query_one(RowList).keys[3:])
    await pilot.press("down", "down")
    return screen


async def to_opening_failed(pilot: Pilot[int]) -> Screen[object]:
    await ended(pilot, OpeningScreen)
    return pilot.app.screen


STATES = (to_requirements, to_preview, to_question, to_written, to_journal, to_help, to_settings, to_picker,
          to_opening_failed)  # fmt: skip
Steps = Callable[[Pilot[int]], Awaitable[Screen[object]]]


def host_for(steps: Steps) -> FakeHost:
    host = FakeHost(journal=[make_change(2, hours=26), make_change(1, hours=75)])
    if steps is to_opening_failed:
        host.fail["open"] = OpenError("no-system", "There is none.", "Look again.")
    return host


def start_for(steps: Steps, folder: Path) -> Path:
    for name in ("a.qcow2", "b.raw", "c.img", "d.txt"):
        (folder / name).write_bytes(b"x")
    return folder if steps is to_picker else Path("/images/bookworm-base.qcow2")


def state_of(screen: Screen[object]) -> object:
    """What a resize must leave alone: focus, cursors, ticks, what is typed."""
    ticked = getattr(screen, "ticked", None)
    lists = [(one.id, one.key) for one in screen.query(RowList)]
    return screen, screen.focused, lists, ticked, [one.value for one in screen.query(Input)]


@pytest.mark.parametrize("steps", STATES, ids=lambda one: one.__name__)
async def test_any_size_and_back_leaves_focus_cursor_and_ticks(steps: Steps, tmp_path: Path) -> None:
    app = wizard(host_for(steps), start=start_for(steps, tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await steps(pilot)
        before = state_of(screen)
        for size in ((20, 5), (1, 1), (79, 24), (80, 23), (49, 40), (200, 11), (250, 70), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert state_of(app.screen) == before, size


@pytest.mark.parametrize(("size", "shown"), [((80, 24), False), ((80, 23), True), ((79, 24), True), ((20, 5), True)])
async def test_below_80x24_a_line_says_so(size: tuple[int, int], shown: bool) -> None:
    app = wizard(FakeHost())
    async with app.run_test(size=size) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.pause()
        line = screen.query_one("#too-small", Static)
        assert line.display is shown
        assert "80x24" in str(line.content)
        assert screen.query_one(RowList).has_focus


@pytest.mark.parametrize("steps", STATES, ids=lambda one: one.__name__)
async def test_the_footer_fits_80_columns(steps: Steps, tmp_path: Path) -> None:
    app = wizard(host_for(steps), start=start_for(steps, tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await steps(pilot)
        await pilot.pause(0.1)
        for line in screen.query(KeyLine):
            wanted = [key for key, one in screen.active_bindings.items() if one.binding.show and one.enabled]
            keys = list(line.query("FooterKey").results())
            assert max(key.region.right for key in keys) <= 80
            assert {"help", "quit"} <= {key.action for key in keys} or isinstance(screen.focused, Input)
            # Of what can be done now, nothing was left out for want of room.
            assert {app.active_bindings[key].binding.action for key in wanted} == {
                key.action for key in keys if not key._disabled
            }


async def test_a_footer_without_room_keeps_help_and_quitting() -> None:
    app = wizard(FakeHost())
    async with app.run_test(size=(52, 24)) as pilot:
        screen = await reach(pilot, RequirementsScreen)
        await pilot.pause(0.1)
        keys = list(screen.query("KeyLine FooterKey").results())
        assert {"help", "quit"} <= {key.action for key in keys}
        assert max(key.region.right for key in keys) <= 52
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: len(screen.query("KeyLine FooterKey")) > len(keys), "the rest")


def drawn(app: object, screen: Screen[object]) -> list[object]:
    """All styles on the screen as they go to the terminal."""
    lines = screen._compositor.render_strips(screen.size)
    filters = app._filters  # type: ignore[attr-defined]
    for one in filters:
        lines = [line.apply_filter(one, screen.background_colors[1]) for line in lines] if one.enabled else lines
    return [segment for line in lines for segment in line]


@pytest.mark.parametrize("steps", STATES, ids=lambda one: one.__name__)
async def test_no_color_means_none(steps: Steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = wizard(host_for(steps), start=start_for(steps, tmp_path), theme="light")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await steps(pilot)
        await pilot.pause(0.1)
        segments = drawn(app, screen)
        for segment in segments:
            for colour in (segment.style.color, segment.style.bgcolor):
                assert colour is None or colour.is_default, segment
        # Where something is chosen, reversal says so.
        assert any(segment.style.reverse for segment in segments) or steps in (to_help, to_written, to_opening_failed)
        assert [command.title for command in app.get_system_commands(screen)] == ["Help", "Quit"]


async def test_an_empty_no_color_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    assert not wizard(FakeHost()).no_color
