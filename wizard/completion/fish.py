"""The script for fish, 3.0 or newer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.option_list import Option, Takes


def script(name: str, options: Sequence[Option], ids: Mapping[str, str]) -> str:
    """The whole script."""
    modes = [word.lstrip("-") for option in options if option.exclusive for word in option.names]
    lines = [f"# fish completion for {name}, made by: {name} --completion fish", ""]
    function = f"__{name.replace('-', '_')}_ids"
    lines += [f"function {function}"]
    lines += [f"    printf '%s\\t%s\\n' {known} {_quoted(title)}" for known, title in ids.items()]
    lines += ["end", ""]
    lines += [_line(name, option, word, modes, function) for option in options for word in option.names]
    return "\n".join(lines) + "\n"


def _line(name: str, option: Option, word: str, modes: Sequence[str], ids: str) -> str:
    parts = [f"complete -c {name}", f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}"]
    if option.exclusive:
        # Not itself: fish asks before it completes the option's own word, too.
        seen = " ".join(f"-l {mode}" for mode in modes if mode != word.lstrip("-"))
        parts.append(f"-n 'not __fish_seen_argument {seen}'")
    if not option.value_may_lack:
        parts += {
            Takes.NOTHING: [],
            Takes.WORD: ["-x"],
            Takes.FILE: ["-r", "-F"],
            Takes.FOLDER: ["-x", "-a '(__fish_complete_directories)'"],
            Takes.CHOICE: ["-x", f"-a '{' '.join(option.choices)}'"],
            Takes.ID: ["-x", f"-a '({ids})'"],
            Takes.IDS: ["-x", f"-a '(__fish_append , ({ids}))'"],
        }[option.takes]
    return " ".join([*parts, f"-d {_quoted(option.brief)}"])


def _quoted(told: str) -> str:
    return "'" + told.replace("\\", "\\\\").replace("'", "\\'") + "'"
