"""Whether a generated ``grub.cfg`` differs from the one before by the console arguments alone that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from remediations.linux.boot_lines import consoles, has_console
from remediations.linux.grub_cfg import Entry, Kernel, parse_menu
from remediations.linux.grub_script import GrubSyntaxError


@dataclass(frozen=True)
class OnlyConsoles:
    """Accepts a new ``grub.cfg`` (see :class:`~remediations.vocabulary.RunCommand`) that boots the same as before.

    ``asked`` are the ``console=`` arguments that may have been added; ``device`` is the one every kernel must have.
    Equal where its fields are, so that two plans compare.
    """

    asked: frozenset[str]
    device: str

    def __call__(self, before: bytes, after: bytes) -> str | None:
        """None where all is as it should be, else a sentence that says what is not."""
        try:
            old, new = parse_menu(before), parse_menu(after)
        except GrubSyntaxError as error:
            return f"The menu cannot be understood: {error}"
        if old.guards != new.guards:
            return "The menu's default entry or its protection by password changed"
        for entry, generated in zip_longest(old.entries, new.entries):
            if problem := self._entry(entry, generated):
                return problem
        return None

    def _entry(self, old: Entry | None, new: Entry | None) -> str | None:
        if old is None or new is None:
            return f"The entry “{(old or new or _NOTHING).title}” was {'added' if old is None else 'lost'}"
        if old.title != new.title or old.id != new.id:
            return f"The entry “{old.title}” became “{new.title}”" + (f" ({new.id})" if old.title == new.title else "")
        if old.initrds != new.initrds:
            return f"The entry “{old.title}” loads another initial RAM disk"
        if old.search != new.search:
            return f"The entry “{old.title}” looks for its files on another file system"
        if len(old.kernels) != len(new.kernels):
            return f"The entry “{old.title}” boots another number of kernels"
        for kernel, generated in zip(old.kernels, new.kernels, strict=True):
            if problem := self._kernel(kernel, generated):
                return f"The entry “{old.title}” {problem}"
        return None

    def _kernel(self, old: Kernel, new: Kernel) -> str | None:
        if old.command != new.command:
            return f"is started by {new.command}, not {old.command}"
        if old.path != new.path:
            return f"boots another kernel: {new.path}, not {old.path}"
        if roots(old) != roots(new):
            return f"got {' '.join(roots(new)) or 'no root='}, not {' '.join(roots(old)) or 'none'}"
        if _others(old) != _others(new):
            return "got other kernel arguments than console="
        rest = list(consoles(new.arguments))
        for argument in consoles(old.arguments):
            if argument not in rest:
                return f"lost {argument}"
            rest.remove(argument)
        if extra := [argument for argument in rest if argument not in self.asked]:
            return f"got {extra[0]}, which was not asked for"
        if not has_console(new.arguments, self.device):
            return f"has no console={self.device} still"
        return None


def roots(kernel: Kernel) -> tuple[str, ...]:
    """The ``root=`` arguments of a kernel."""
    return tuple(argument for argument in kernel.arguments if argument.startswith("root="))


def _others(kernel: Kernel) -> tuple[str, ...]:
    return tuple(argument for argument in kernel.arguments if not argument.startswith("console="))


_NOTHING = Entry("", "", "", 0, (), (), ())
