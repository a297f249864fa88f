"""Just enough of the shell's grammar to tell whether a line of a boot script stands inside a block."""

from __future__ import annotations

import re

Blocks = tuple[str, ...]
"""The blocks that are open, by the word that will close each; ``?`` for what is not understood."""

LONGEST = 4000
"""Characters of a line that are looked at: more is no command of a boot script, and would keep the search busy."""
_DEEPEST = 50
_TOKEN = re.compile(
    r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|\$\{[^}]*\}?|\$\(|#.*|;;|&&|\|\||[;&|(){}]|[^\s;&|(){}'\"\\#]+|\S"
)
_OPENERS = {"if": "fi", "case": "esac", "do": "done", "{": "}"}
_CLOSERS = frozenset(_OPENERS.values())
# Behind these a word stands where a command begins, so that it may be a keyword; the words only where they are one.
_SIGNS = (";", ";;", "&", "&&", "|", "||", "(", "$(", ")", "{", "!")
_WORDS = ("then", "else", "elif", "do", "if", "while", "until")
_EXIT = re.compile(r"\s*(exit(\s+\S+)?|exec\s.*)\s*;?\s*(#.*)?", re.DOTALL)


def is_plain_exit(line: str) -> bool:
    """Whether a line ends the script, unless it stands in a block: ``exit`` or ``exec`` with nothing around it."""
    line = line.strip()
    return len(line) <= LONGEST and _EXIT.fullmatch(line) is not None


def blocks_after(line: str, blocks: Blocks) -> Blocks:
    """The blocks open after ``line``, where ``blocks`` were before it. A quote left open is not followed.

    A line that is too long, or too many blocks, leave one open that nothing closes.
    """
    if len(line) > LONGEST:
        return blocks if blocks[-1:] == ("?",) else (*blocks, "?")
    at_command = True
    for token in _TOKEN.findall(line):
        if token.startswith("#"):
            break
        if token in ("(", "$("):
            blocks = (*blocks, ")")
        elif token in _OPENERS and at_command:
            blocks = (*blocks, _OPENERS[token])
        elif token == ")":
            # The parenthesis behind a case's pattern has no partner.
            blocks = blocks[:-1] if blocks[-1:] == (")",) else blocks
        elif token in _CLOSERS and at_command:
            blocks = blocks[:-1] if blocks[-1:] == (token,) else (*blocks, "?")
        if len(blocks) > _DEEPEST:
            return (*blocks[:_DEEPEST], "?")
        at_command = token in _SIGNS or token == "in" or (at_command and token in _WORDS)
    return blocks
