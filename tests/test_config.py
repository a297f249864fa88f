"""The configuration file: what it may say, and that nothing in it is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard import config
from wizard.config import Config, Entry
from wizard.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_all_that_it_may_say(file: Path) -> None:
    file.write_text(
        "theme: light\n"
        "mouse: no\n"
        "keys:\n"
        "  requirements.tick: t\n"
        "  app.help: ['?', f3]\n"
        "defaults:\n"
        "  user: ann\n"
        "  network: yes\n"
    )
    keys = Entry("requirements.tick", "t", f"{file}:4"), Entry("app.help", "?,f3", f"{file}:5")
    assert config.load(file) == Config({"user": "ann", "network": "yes"}, "light", mouse=False, keys=keys)


def test_a_file_of_old_has_its_settings_at_the_top(file: Path) -> None:
    file.write_text("user: ann\nkey_fetch: rc.local\n")
    assert config.load(file) == Config({"user": "ann", "key_fetch": "rc.local"})


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "keys:\ndefaults:\n"])
def test_an_empty_file_says_nothing(file: Path, text: str) -> None:
    file.write_text(text)
    assert config.load(file) == Config()


def test_the_usual_file_need_not_be_there_and_a_named_one_must(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(file.parent))
    assert config.load(None) == Config()
    usual = file.parent / "image-wizard" / "config.yaml"
    usual.parent.mkdir()
    usual.write_text("theme: ansi\n")
    assert config.load(None).theme == "ansi"
    with pytest.raises(UsageError, match="no such file"):
        config.load(file)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("theme: dark\nfrob: b\n", 2, "unknown setting 'frob'; known are theme, mouse, keys, defaults, user"),
        ("defaults:\n  user: a\n  them: b\n", 3, "unknown setting 'them'; known are user, console"),
        ("defaults:\n  theme: dark\n", 2, "unknown setting 'theme'"),
        ("user: a\nuser: b\n", 2, "user stands there twice"),
        ("user: a\ndefaults:\n  user: b\n", 3, "user stands at .*:1 too"),
        ("theme: pink\n", 1, "theme is 'pink'; known are dark, light, high-contrast, ansi"),
        ("theme:\n", 1, "theme is not one word"),
        ("mouse: maybe\n", 1, "mouse is 'maybe'; known are true"),
        ("- a\n", 1, "not a mapping"),
        ("keys: [a]\n", 1, "not a mapping"),
        ("defaults: word\n", 1, "not a mapping"),
        ("user: [a]\n", 1, "one word"),
        ("keys:\n  app.help:\n", 2, "app.help is not one word"),
        ("keys:\n  app.help: [a, [b]]\n", 2, "app.help is not one word"),
        ("keys:\n  ? [a]\n  : b\n", 2, "not the name"),
        ("theme: dark\nuser: [", 2, "expected"),
        ("keys:\n  preview.layout: |\n", 2, "preview.layout is not one word"),
        ("keys:\n  app.help: ?\n", 2, "a sign such as . or . needs quotes"),
        ("a: *b\n", 1, "undefined alias"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(file: Path, text: str, line: int, told: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=f"config.yaml:{line}: .*{told}") as caught:
        config.load(file)
    assert caught.value.exit_code == 2


def test_what_is_no_text_is_refused_and_reaches_the_terminal_as_stand_ins(file: Path) -> None:
    file.write_bytes(b"user: \xff\n")
    with pytest.raises(UsageError, match=r"config\.yaml: "):
        config.load(file)
    file.write_text('"\\e[2J\\u202e": 1\n')
    with pytest.raises(UsageError) as caught:
        config.load(file)
    assert caught.value.message.isprintable()


def test_brackets_without_end_are_refused(file: Path) -> None:
    file.write_text("user: " + "[" * 20_000)
    with pytest.raises(UsageError, match="nested too deep"):
        config.load(file)
