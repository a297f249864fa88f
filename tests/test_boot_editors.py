"""The editors of boot files: any bytes are edited or refused, only the lines meant change, the second time nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from boot_texts import ALPINE_EXTLINUX, GRUB_ENV, LEGACY, UPDATE_EXTLINUX
from hypothesis import given
from hypothesis import strategies as st

from remediations.linux import bls, grubenv, inittab, kernel_cmdline
from remediations.linux.append_variable import with_console
from remediations.linux.boot_lines import Console
from remediations.linux.extlinux import with_appended
from remediations.linux.grub_legacy import with_arguments
from remediations.linux.shell_assignments import ShellSyntaxError
from remediations.vocabulary import PlanError

WORDS = "console=tty0 console=ttyS0"
CONSOLE = Console("ttyS0", tuple(WORDS.split()))
ENTRY = b"title x\r\nlinux /vmlinuz\r\noptions root=LABEL=x ro \r\n"


def _lines_change_by_words_alone(before: bytes, after: bytes, words: str = "console=") -> None:
    """Lines are only appended to; what is new names the console, as a label's new line of arguments does."""
    old, new = (
        [line.rstrip(b"\r") for line in content.split(b"\n") if not line.strip().startswith(b"append console=")]
        for content in (before, after)
    )
    assert len(new) >= len(old)
    for a, b in zip(old, new, strict=False):
        if a != b:
            assert words.encode() in b or not a
            assert b.startswith(a.rstrip()[:-1])


def legacy_words(content: bytes) -> bytes:
    return with_arguments(content, CONSOLE)


def appended(content: bytes) -> bytes:
    return with_appended(content, CONSOLE)


def assigned(content: bytes) -> bytes:
    return with_console(content, "/etc/x", "default_kernel_opts", CONSOLE)


@pytest.mark.parametrize("edit", [legacy_words, appended, assigned])
@given(
    content=st.binary()
    | st.sampled_from([LEGACY % b"quiet", ALPINE_EXTLINUX, UPDATE_EXTLINUX, ALPINE_EXTLINUX.replace(b"\n", b"\r\n")])
    | st.text("\n\r\t \"'$=#aklb").map(str.encode)
    | st.lists(st.sampled_from(["title x", "kernel /v", "label a", "linux b", "append c", "A=b", ""])).map(
        lambda lines: "\n".join(lines).encode()
    )
)
def test_configurations_are_edited_once(edit: Callable[[bytes], bytes], content: bytes) -> None:
    try:
        after = edit(content)
    except (PlanError, ShellSyntaxError):
        return
    _lines_change_by_words_alone(content, after)
    assert edit(after) == after


@given(st.binary() | st.sampled_from([ENTRY, ENTRY[:-2], b"", b"options"]))
def test_an_entry_gets_its_words_at_the_end_of_its_options(content: bytes) -> None:
    after = bls.with_options(content, WORDS)
    _lines_change_by_words_alone(content, after)
    assert after.count(b"console=") == content.count(b"console=") + 2


def test_a_label_without_arguments_gets_a_line_for_them() -> None:
    before = b"label a\r\n  linux /v\r\nlabel b\r\n  linux /w\r\n  append quiet\r\n"
    after = before.replace(b"/v\r\n", b"/v\r\n  append " + WORDS.encode() + b"\r\n")
    assert appended(before) == after.replace(b"quiet", b"quiet " + WORDS.encode())
    assert appended(appended(before)) == appended(before)


def test_an_entry_keeps_its_endings_and_blanks() -> None:
    assert bls.with_options(ENTRY, WORDS) == ENTRY.replace(b"ro ", b"ro " + WORDS.encode() + b" ")
    assert bls.with_options(b"linux /v", WORDS) == b"linux /v\noptions " + WORDS.encode() + b"\n"


@given(st.binary() | st.sampled_from([b"root=x ro quiet\n", b"# x\nroot=x", b"#", b"\n\n"]))
def test_the_command_line_gets_its_words_on_its_last_line(content: bytes) -> None:
    after = kernel_cmdline.with_words(content, WORDS)
    assert after.count(b"console=") == content.count(b"console=") + 2
    _lines_change_by_words_alone(content, after)


@given(
    st.binary()
    | st.binary(max_size=100).map(lambda raw: (GRUB_ENV.partition(b"boot")[0] + raw).ljust(1024, b"#"))
    | st.just(GRUB_ENV)
)
def test_an_environment_block_keeps_its_size_and_its_other_variables(content: bytes) -> None:
    try:
        after = grubenv.with_words(content, "kernelopts", WORDS)
    except PlanError:
        return
    assert len(after) == 1024
    old, new = grubenv.parse(content), grubenv.parse(after)
    assert new.pop("kernelopts")[1].split() == [*old.pop("kernelopts")[1].split(), *WORDS.split()]
    assert {name: value for name, (_, value) in new.items()} == {name: value for name, (_, value) in old.items()}


@given(
    st.binary() | st.sampled_from([b"id:3:initdefault:\nS0:3:respawn:/bin/x", b"tty1::respawn:/sbin/getty 9600 tty1"])
)
def test_a_login_is_one_more_line(content: bytes) -> None:
    after = inittab.with_login(content, "ttyS0", "/sbin/getty -L ttyS0 115200 vt100")
    assert after.startswith(content)
    assert after.rstrip().endswith(b":respawn:/sbin/getty -L ttyS0 115200 vt100")
