"""Who can log in with a password: the password fields of passwd(5) and shadow(5).

A field that crypt(3) can never give, such as ``*`` or one that begins with ``!``, matches no password. ``*`` is what is
put in place of a password here: sshd without PAM takes ``!`` for a locked account, and refuses its keys too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediations.guest import Guest, GuestError
from remediations.linux.text import decode, encode, numbered, split_lines

PASSWD = "/etc/passwd"
SHADOW = "/etc/shadow"
BACKUPS = (f"{PASSWD}-", f"{SHADOW}-")
NONE = "*"
_HASH = re.compile(r"\$.+|_[./0-9A-Za-z]{19}|[./0-9A-Za-z]{13}")
"""crypt(5): the modern forms, BSDi's and the traditional one."""


@dataclass(frozen=True)
class Password:
    """The password field of an account that counts, and the file and line it stands in; it is never shown."""

    name: str
    uid: str
    field: str
    path: str
    line: int

    @property
    def empty(self) -> bool:
        """Whether the account asks for no password at all."""
        return not self.field

    @property
    def usable(self) -> bool:
        """Whether some password is the right one."""
        return _HASH.fullmatch(self.field) is not None


def passwords(guest: Guest) -> tuple[Password, ...]:
    """The password of every account, in the order of ``/etc/passwd``; one without a shadow entry has none.

    Raises GuestError where a file that is needed is missing.
    """
    shadow: dict[str, Password] | None = None
    found = []
    for number, line in numbered(guest.read(PASSWD)):
        # glibc skips blanks in front, and takes what is missing after the group for empty.
        fields = line.lstrip().split(":")
        if len(fields) < 4 or fields[0][:1] in ("", "#", "+", "-"):
            continue
        own = Password(fields[0], fields[2], fields[1], PASSWD, number)
        if own.field == "x":
            shadow = _shadow(guest) if shadow is None else shadow
            own = shadow.get(own.name, own)
        found.append(Password(own.name, fields[2], own.field, own.path, own.line))
    return tuple(found)


def _shadow(guest: Guest) -> dict[str, Password]:
    if not guest.exists(SHADOW):
        raise GuestError(f"{SHADOW} is missing, and {PASSWD} refers to it")
    found: dict[str, Password] = {}
    for number, line in numbered(guest.read(SHADOW)):
        fields = line.lstrip().split(":")
        if len(fields) >= 2:
            found.setdefault(fields[0], Password(fields[0], "", fields[1], SHADOW, number))
    return found


def without_password(content: bytes, names: frozenset[str]) -> bytes:
    """``passwd`` or ``shadow`` with ``*`` for the passwords of these accounts; locked ones and references stay."""
    lines = split_lines(content)
    for index, line in enumerate(lines):
        text = decode(line)
        fields = text.strip().split(":")
        if len(fields) >= 2 and fields[0] in names and (not fields[1] or _HASH.fullmatch(fields[1])):
            at = text.index(":") + 1
            lines[index] = encode(text[:at] + NONE + text[at + len(fields[1]) :])
    return b"".join(lines)
