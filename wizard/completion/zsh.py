"""The script for zsh: a function for a folder of ``fpath``, that can also be sourced after ``compinit``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wizard.option_list import Option, Takes

_SCRIPT = """\
#compdef @name@
# zsh completion for @name@, made by: @name@ --completion zsh

_@name@_ids() {
    local -a ids=(
@ids@
    )
    _describe -t ids requirement ids "$@"
}

_@name@() {
    _arguments -S \\
@options@
        '*:image:_files'
}

if [[ $funcstack[1] == _@name@ ]]; then
    _@name@ "$@"
else
    compdef _@name@ @name@
fi
"""
_ENDS = ("--help", "--man", "--version", "--completion")


def script(name: str, options: Sequence[Option], ids: Mapping[str, str]) -> str:
    """The whole script."""
    modes = " ".join(word for option in options if option.exclusive for word in option.names)
    specs = [spec for option in options for spec in _specs(option, modes, name)]
    described = [f"        {_quoted(f'{known}:{_escaped(title)}')}" for known, title in ids.items()]
    made = _SCRIPT.replace("@ids@", "\n".join(described))
    made = made.replace("@options@", "\n".join(f"        {_quoted(spec)} \\" for spec in specs))
    return made.replace("@name@", name)


def _specs(option: Option, modes: str, name: str) -> Iterator[str]:
    for word in option.names:
        without = f"({modes})" if option.exclusive else "(- *)" if _ends(option) else f"({' '.join(option.names)})"
        lead = "*" if option.again else without
        equals = "=" if option.takes is not Takes.NOTHING and not option.value_may_lack else ""
        yield f"{lead}{word}{equals}[{_escaped(option.brief)}]{_argument(option, name)}"


def _argument(option: Option, name: str) -> str:
    if option.value_may_lack:
        return ""  # zsh would offer nothing else after it
    label = f":{_escaped(option.value)}:"
    return {
        Takes.NOTHING: "",
        Takes.WORD: f"{label} ",
        Takes.FILE: f"{label}_files",
        Takes.FOLDER: f"{label}_path_files -/",  # _files falls back to files
        Takes.CHOICE: f"{label}({' '.join(option.choices)})",
        Takes.ID: f"{label}_{name}_ids",
        Takes.IDS: f"{label}_sequence _{name}_ids",
    }[option.takes]


def _ends(option: Option) -> bool:
    return any(word in _ENDS for word in option.names)


def _escaped(told: str) -> str:
    for sign in "\\[]:":
        told = told.replace(sign, "\\" + sign)
    return told


def _quoted(told: str) -> str:
    return "'" + told.replace("'", "'\\''") + "'"
