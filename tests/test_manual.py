"""The short help fits a screen, and the manual page has all of the command line, in roff that groff takes."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess

import pytest

from remediations import REQUIREMENTS
from wizard import manual, short_help
from wizard.command_line import parser
from wizard.exit_codes import EXIT_CODES
from wizard.option_list import groups

PAGE = manual.page(parser())
MACROS = {".TH", ".SH", ".TP", ".PP", ".B", ".BR", ".RS", ".RE", ".nf", ".fi", ".nh", ".ad"}


def test_help_fits_a_terminal_of_80x24_with_the_prompt_after_it() -> None:
    lines = parser().format_help().splitlines()
    assert len(lines) <= short_help.HEIGHT == 23
    assert max(map(len, lines)) < 80


def test_help_names_every_option_and_the_manual() -> None:
    told = parser().format_help()
    for group in groups(parser()):
        for option in group.options:
            assert option.names[-1].replace("--no-", "--[no-]") in told
    assert "image-wizard --man" in told
    assert all(f"{code} " in told for code, _ in EXIT_CODES)


def test_a_wrong_call_shows_one_line_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["--frobnicate"])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_page_has_every_option_with_all_of_its_help() -> None:
    told = _plain(PAGE)
    for group in groups(parser()):
        assert f".SH {group.title.upper()}\n" in PAGE
        for option in group.options:
            assert option.synopsis.split(" ")[0] in told
            assert _plain(option.help)[1:] in told
    for requirement in REQUIREMENTS:
        assert requirement.id in told
        assert requirement.title in told
    for code, meaning in EXIT_CODES:
        assert f"\\fB{code}\\fR\n" in PAGE
        assert meaning[1:] in told


def test_the_page_is_sound_roff() -> None:
    assert PAGE.isascii()
    for line in PAGE.splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or line.split(" ")[0] in MACROS
        assert line.count("\\fR") == line.count("\\fB") + line.count("\\fI")
    if groff := shutil.which("groff"):
        drawn = subprocess.run(
            [groff, "-man", "-ww", "-Tascii"], input=PAGE, capture_output=True, text=True, check=True
        )
        assert drawn.stderr == ""
        assert "IMAGE-WIZARD(1)" in drawn.stdout


def test_what_is_special_to_roff_stays_what_it_is() -> None:
    made = argparse.ArgumentParser(prog="x-y")
    made.add_argument("--dots", metavar="N", help=".dots 'quoted' \\n ~home ^up. 'after a stop.")
    told = manual.page(made)
    assert "\\&.dots 'quoted' \\en \\(tihome \\(haup.\n\\&'after a stop.\n" in told
    assert "\\fB\\-\\-dots\\fR \\fIN\\fR\n" in told


@pytest.mark.parametrize("words", [["--man"], ["--help"], ["--completion", "fish"]])
def test_printing_it_ends_well(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["no-such-image", *words])
    assert ended.value.code == 0
    assert capsys.readouterr().out.count("\n") > 10


def _plain(roff: str) -> str:
    """Text as it is read: escapes undone, lines joined."""
    for escape, sign in (("\\-", "-"), ("\\&", ""), ("\\(ti", "~"), ("\\fB", ""), ("\\fI", ""), ("\\fR", "")):
        roff = roff.replace(escape, sign)
    return re.sub(r"\s+", " ", roff)
