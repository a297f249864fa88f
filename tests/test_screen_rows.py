"""The list of rows: keys and mouse, headings that are passed over, and only what is in sight drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.content import Content

from screens.rows import Row, RowList

HEIGHT = 10


class Lists(App[None]):
    """One list, and what it told."""

    CSS = "RowList { height: 1fr; overflow-x: hidden; padding: 0 1; scrollbar-size-vertical: 1; }"

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__()
        self.rows = rows
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield RowList(self.rows, id="rows")

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        self.told.append(event.key)

    @on(RowList.Chosen, "#rows")
    def _chosen(self, event: RowList.Chosen) -> None:
        self.told.append(f"{event.key}!" if event.column is None else f"{event.key} at {event.column}")

    @property
    def list(self) -> RowList:
        return self.query_one(RowList)


def row(key: str, heading: bool = False, drawn: Callable[[str], object] = lambda key: None) -> Row:
    def draw(key: str, width: int) -> Content:
        drawn(key)
        return Content(f"row {key}".ljust(width))

    return Row(key, partial(draw, key), heading)


def numbered(count: int, headings: Iterable[int] = (), drawn: Callable[[str], object] = lambda key: None) -> list[Row]:
    return [row(str(number), number in headings, drawn) for number in range(count)]


@pytest.mark.parametrize(
    ("keys", "reached"),
    [
        (["down"], "2"),
        (["up"], "18"),  # round the end, past the heading
        (["down", "up"], "1"),
        (["end"], "18"),
        (["end", "down"], "1"),
        (["end", "home"], "1"),
        (["pagedown"], "11"),
        (["pagedown", "down", "pagedown"], "18"),
        (["pagedown", "pageup"], "1"),
        (["down", "down", "pagedown"], "14"),  # 13 is a heading
        (["end", "pageup"], "8"),
    ],
)
async def test_keys_move_and_pass_headings_over(keys: list[str], reached: str) -> None:
    app = Lists(numbered(20, headings=(0, 13, 19)))
    async with app.run_test(size=(30, HEIGHT)) as pilot:
        await pilot.press(*keys)
        assert app.list.key == reached
        assert app.told[0] == "1"
        assert app.told[-1] == reached
        top = app.list.scroll_offset.y
        assert top <= int(reached) < top + HEIGHT


async def test_enter_chooses_and_so_does_a_click_on_the_cursor() -> None:
    app = Lists(numbered(40, headings=(1,)))
    async with app.run_test(size=(30, HEIGHT)) as pilot:
        await pilot.press("enter")
        assert app.told == ["0", "0!"]
        await pilot.click(RowList, offset=(5, 4))
        assert app.told[2:] == ["4"]
        await pilot.click(RowList, offset=(5, 4))
        assert app.told[3:] == ["4 at 5"]
        await pilot.click(RowList, offset=(5, 1))  # a heading
        assert app.list.key == "4"
        await pilot.press("end")
        await pilot.click(RowList, offset=(5, 0))
        assert app.list.key == "30"


async def test_the_wheel_scrolls_and_the_row_below_the_mouse_is_marked() -> None:
    app = Lists(numbered(40))
    async with app.run_test(size=(30, HEIGHT)) as pilot:
        await pilot.pause()
        plain = app.list.render_line(3)
        await pilot.hover(RowList, offset=(5, 3))
        await pilot.pause()
        assert app.list._hovered == 3
        assert app.list.render_line(3).text == plain.text
        app.list._on_mouse_scroll_down(_wheel(app.list))
        await pilot.pause()
        assert app.list.scroll_offset.y > 0
        assert app.list.key == "0"


def _wheel(over: RowList) -> object:
    from textual.events import MouseScrollDown

    return MouseScrollDown(over, 5, 3, 0, 1, 0, False, False, False)


async def test_only_what_is_in_sight_is_drawn_and_of_a_step_only_what_changed() -> None:
    drawn: list[str] = []
    app = Lists(numbered(5000, drawn=drawn.append))
    async with app.run_test(size=(30, HEIGHT)) as pilot:
        await pilot.pause()
        assert set(drawn) <= {str(number) for number in range(HEIGHT)}
        drawn.clear()
        await pilot.press("down")
        assert set(drawn) == {"0", "1"}
        drawn.clear()
        await pilot.press("end")
        assert len(set(drawn)) <= HEIGHT + 1


async def test_other_rows_keep_the_cursor_where_it_can_be_kept_and_scroll_no_further_than_they_go() -> None:
    app = Lists(numbered(40))
    async with app.run_test(size=(30, HEIGHT)) as pilot:
        await pilot.press("end", "up")
        app.list.show(numbered(39))
        await pilot.pause()
        assert (app.list.key, app.told[-1]) == ("38", "38")
        assert app.list.vertical_scrollbar.position == app.list.scroll_offset.y == 29
        app.list.show(numbered(39), "2")
        await pilot.pause()
        assert app.list.key == "2"
        await pilot.press("end")
        app.list.show(numbered(5))
        await pilot.pause()
        assert (app.list.key, app.list.scroll_offset.y) == ("0", 0)
        assert "row 0" in app.list.render_line(0).text
        told = len(app.told)
        app.list.show([row("alone", heading=True)])
        await pilot.press("enter", "down", "up", "pagedown", "home", "end")
        assert app.list.key is None
        assert app.told[told:] == []
        app.list.show([])
        await pilot.press("enter", "down", "up", "pageup")
        app.list.show(numbered(3))
        await pilot.pause()
        assert app.list.key == "0"
        app.list.show(numbered(40), "39")  # there was no bar until now
        await pilot.pause()
        assert app.list.vertical_scrollbar.position == app.list.scroll_offset.y == 30


async def test_the_cursor_is_in_sight_after_a_resize() -> None:
    app = Lists(numbered(40))
    async with app.run_test(size=(30, 30)) as pilot:
        for _ in range(25):
            await pilot.press("down")
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        top = app.list.scroll_offset.y
        assert top <= 25 < top + 5
