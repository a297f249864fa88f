"""The shells' completion: bash's tried in bash itself, all three against the definition of the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from shell_at_a_terminal import given

from remediations import REQUIREMENTS
from wizard.command_line import parser
from wizard.completion import SHELLS, script
from wizard.option_list import Takes, groups

BASH = script(parser(), "bash")
OPTIONS = [option for group in groups(parser()) for option in group.options]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("image-wizard --app\t", ["--apply-all"]),
        ("image-wizard --check --no-n\t", ["--check", "--no-network"]),
        ("image-wizard --hypervisor k\t", ["--hypervisor", "kvm"]),
        ("image-wizard --hypervisor=x\t", ["--hypervisor=xen"]),
        ("image-wizard --explain fire\t", ["--explain", "firewall"]),
        ("image-wizard --only fire\t,fst\t", ["--only", "firewall,fstab"]),
        ("image-wizard --completion z\t", ["--completion", "zsh"]),
        ("image-wizard deb\t --report a\\ r\t", ["debian 12.qcow2", "--report", "a report.html"]),
        ("image-wizard --state-dir pl\t", ["--state-dir", "place/"]),
        ("image-wizard --packages deb\t", ["--packages", "deb"]),  # a file is no folder
        ("image-wizard --user deb\t", ["--user", "deb"]),  # nor an account
        ("image-wizard --undo --js\t", ["--undo", "--json"]),  # its number may be left out
        ("image-wizard -- --fi\t", ["--", "--file.raw"]),
        ("image-wizard --zz\t", ["--zz"]),
    ],
)
def test_bash_completes(typed: str, words: list[str], tmp_path: Path) -> None:
    for name in ("debian 12.qcow2", "a report.html", "--file.raw"):
        (tmp_path / name).touch()
    (tmp_path / "place").mkdir()
    assert given(BASH, typed, tmp_path) == words


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_and_requirement_is_known_to_the_shell(shell: str) -> None:
    made = script(parser(), shell)
    for option in OPTIONS:
        for name in option.names:
            assert (f"-l {name[2:]} " if shell == "fish" and name.startswith("--") else name) in made
        assert " ".join(option.choices) in made
    assert all(requirement.id in made for requirement in REQUIREMENTS)
    assert "@" not in made.replace('"$@"', "").replace("[@]", ""), "a place that was not filled in"


def test_bash_takes_the_script_without_a_word() -> None:
    read = subprocess.run(["bash", "--noprofile", "--norc", "-c", BASH], capture_output=True, text=True, check=False)
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
