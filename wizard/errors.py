"""Errors that reach the operator: what failed, what is unchanged, what to do next."""

from __future__ import annotations


class WizardError(Exception):
    """Base of all errors that are told to the operator.

    ``code`` is a permanent kebab-case word (JSON's ``error.code``), ``exit_code`` the process's. The message says
    what failed and what is unchanged; ``next`` what to do.
    """

    exit_code = 3

    def __init__(self, code: str, message: str, next_step: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next = next_step

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between processes, and a subclass' own constructor may take other words.
        return _again, (type(self), self.code, self.message, self.next)


def _again(kind: type[WizardError], code: str, message: str, next_step: str) -> WizardError:
    error = kind.__new__(kind)
    WizardError.__init__(error, code, message, next_step)
    return error


class UsageError(WizardError):
    """A wrong call or configuration."""

    exit_code = 2


class OpenError(WizardError):
    """The image cannot be opened; nothing was changed."""


class SeveralSystems(OpenError):
    """The image holds several operating systems; ``systems`` are their roots, each with its product's name."""

    systems: tuple[tuple[str, str], ...] = ()


class KeyNeeded(OpenError):
    """The guest is encrypted, and no key was given, or a wrong one."""


class ChangeError(WizardError):
    """A fix, commit or undo failed; the image is as it was, or the message says that it needs recovery."""

    exit_code = 4


class Cancelled(WizardError):
    """The operator interrupted; the image is as it was."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("cancelled", "Interrupted. The image is as it was.", "Run the command again when ready.")
