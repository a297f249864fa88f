"""The shells' completion: tried in bash, zsh and fish themselves, and against the command line's definition."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from shell_at_a_terminal import folder, given

from remediations import REQUIREMENTS
from wizard.command_line import parser
from wizard.completion import SHELLS, script
from wizard.option_list import Takes, groups

SCRIPTS = {shell: script(parser(), shell) for shell in SHELLS}
OPTIONS = [option for group in groups(parser()) for option in group.options]


def shell_or_skip(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--app\t", ["--apply-all"]),
        ("--check --no-n\t", ["--check", "--no-network"]),
        ("--hypervisor k\t", ["--hypervisor", "kvm"]),
        ("--hypervisor=x\t", ["--hypervisor=xen"]),
        ("--explain fire\t", ["--explain", "firewall"]),
        ("--only firewall,fst\t", ["--only", "firewall,fstab"]),
        ("--completion z\t", ["--completion", "zsh"]),
        ("deb\t --report a\\ r\t", ["debian 12.qcow2", "--report", "a report.html"]),
        ("--report=a\\ r\t", ["--report=a report.html"]),
        ("--state-dir pl\t", ["--state-dir", "place/"]),
        ("--packages deb\t", ["--packages", "deb"]),  # a file is no folder
        ("--user deb\t", ["--user", "deb"]),  # nor an account
        ("--undo --js\t", ["--undo", "--json"]),  # its number may be left out
        ("--undo deb\t", ["--undo", "debian 12.qcow2"]),
        ("-- --fi\t", ["--", "--file.raw"]),
        ("--zz\t", ["--zz"]),
    ],
)
def test_a_shell_completes(shell: str, typed: str, words: list[str], tmp_path: Path) -> None:
    shell_or_skip(shell)
    here = folder(tmp_path)
    for name in ("debian 12.qcow2", "a report.html", "--file.raw"):
        (here / name).touch()
    (here / "place").mkdir()
    got = given(shell, SCRIPTS[shell], f"image-wizard {typed}", tmp_path)
    # zsh takes the slash after a folder away when the line is entered.
    assert [word.rstrip("/") for word in got] == [word.rstrip("/") for word in words]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_after_the_comma_of_one_requirement_comes_the_next(shell: str, tmp_path: Path) -> None:
    shell_or_skip(shell)
    typed = "image-wizard --only fire\t,fst\t"
    assert given(shell, SCRIPTS[shell], typed, tmp_path) == ["--only", "firewall,fstab"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_second_mode_is_not_offered(shell: str, tmp_path: Path) -> None:
    shell_or_skip(shell)
    assert given(shell, SCRIPTS[shell], "image-wizard --check --apply-a\t", tmp_path) == ["--check", "--apply-a"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_and_requirement_is_known_to_the_shell(shell: str) -> None:
    made = SCRIPTS[shell]
    for option in OPTIONS:
        for name in option.names:
            assert (f"-l {name[2:]} " if shell == "fish" and name.startswith("--") else name) in made
        assert " ".join(option.choices) in made
    assert all(requirement.id in made for requirement in REQUIREMENTS)
    assert "@" not in made.replace('"$@"', "").replace("[@]", ""), "a place that was not filled in"


@pytest.mark.parametrize(
    ("shell", "options"), [("bash", ["--noprofile", "--norc"]), ("zsh", ["-f", "-n"]), ("fish", ["--no-config"])]
)
def test_a_shell_takes_the_script_without_a_word(shell: str, options: list[str]) -> None:
    shell_or_skip(shell)
    read = subprocess.run([shell, *options, "-c", SCRIPTS[shell]], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stdout, read.stderr) == (0, "", "")


def test_quotes_in_a_help_text_end_no_word() -> None:
    made = parser()
    made.add_argument("--it", metavar="X", help='it\'s a "test": [of] $(touch x) `y` \\z')
    found = {shell: script(made, shell) for shell in SHELLS}
    assert r"""it'\''s a "test"\: \[of\] $(touch x) `y` \\z""" in found["zsh"]
    assert r"""it\'s a "test": [of] $(touch x) `y` \\z""" in found["fish"]
    assert "it's" not in found["bash"]


def test_what_an_option_takes_is_read_from_its_definition() -> None:
    takes = {name: option.takes for option in OPTIONS for name in option.names}
    assert takes["--check"] is takes["--no-network"] is takes["--man"] is Takes.NOTHING
    assert takes["--report"] is takes["--config"] is Takes.FILE
    assert takes["--packages"] is takes["--state-dir"] is Takes.FOLDER
    assert takes["--only"] is Takes.IDS
    assert takes["--reader"] is Takes.CHOICE
    assert takes["--undo"] is takes["--user"] is Takes.WORD
