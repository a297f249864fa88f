"""The script for bash, 4.4 or newer; it needs nothing of the bash-completion package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.option_list import Option, Takes

_TOP = """\
# bash completion for @name@, made by: @name@ --completion bash

_@function@() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} given
    local ids='@ids@'
    COMPREPLY=()
    # bash parts --option=word at the sign.
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    # After -- there are only files, and with no reply of ours bash offers files.
    for given in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $given == -- ]] && return
    done
    case $before in
"""
_BOTTOM = """\
    esac
    if [[ $word == -* ]]; then
        compopt +o default
        mapfile -t COMPREPLY < <(compgen -W '@options@' -- "$word")
    fi
}

complete -o default -F _@function@ @name@
"""
_DOES = {
    Takes.WORD: "",
    Takes.FOLDER: "            compopt -o dirnames\n",
    Takes.CHOICE: "            mapfile -t COMPREPLY < <(compgen -W '@known@' -- \"$word\")\n",
    Takes.ID: '            mapfile -t COMPREPLY < <(compgen -W "$ids" -- "$word")\n',
    # After the comma of one comes the next.
    Takes.IDS: """\
            compopt -o nospace
            given=
            [[ $word == *,* ]] && given=${word%,*},
            mapfile -t COMPREPLY < <(compgen -P "$given" -W "$ids" -- "${word##*,}")
""",
}


def script(name: str, options: Sequence[Option], ids: Mapping[str, str]) -> str:
    """The whole script."""
    words = " ".join(word for option in options for word in option.names)
    cases: dict[str, list[str]] = {}
    for option in options:
        # What may stand without its word is not followed by one alone.
        if option.takes is not Takes.NOTHING and not option.value_may_lack:
            cases.setdefault(_does(option), []).extend(option.names)
    made = _TOP + "".join(f"        {'|'.join(names)})\n{does}            return ;;\n" for does, names in cases.items())
    made = (made + _BOTTOM).replace("@options@", words).replace("@ids@", " ".join(ids))
    return made.replace("@name@", name).replace("@function@", name.replace("-", "_"))


def _does(option: Option) -> str:
    if option.takes is Takes.FILE:
        return ""  # files are what bash offers of itself
    return "            compopt +o default\n" + _DOES[option.takes].replace("@known@", " ".join(option.choices))
