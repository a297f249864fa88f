"""What stands in the way of a requirement, told once: the verdict and the fix are both read from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from remediations.guest import FileKind, Guest
from remediations.linux import package_names
from remediations.vocabulary import (
    Evidence,
    Finding,
    InstallPackages,
    Plan,
    PlanError,
    RemoveFile,
    Status,
    Step,
    WriteFile,
)


@dataclass(frozen=True)
class Edit:
    """A change to one file's content, carried out with other edits of the same file in one step.

    ``change`` takes the content (``b""`` for an absent file) and gives the new one; it may raise PlanError.
    """

    path: str
    change: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a sentence without its full stop, where it shows, and what rights it.

    ``certain`` False means that it could not be established, so the verdict is *unknown*. With neither ``steps``
    nor ``edits`` nor ``packages`` (to install, by the distribution's names) there is no fix, and ``obstacle`` says what
    the operator can do.
    """

    sentence: str
    evidence: tuple[Evidence, ...] = ()
    steps: tuple[Step, ...] = ()
    edits: tuple[Edit, ...] = ()
    obstacle: str = ""
    needs: tuple[str, ...] = ()
    certain: bool = True
    packages: tuple[str, ...] = ()

    @property
    def fixable(self) -> bool:
        """Whether a fix is known."""
        return self.certain and bool(self.steps or self.edits or self.packages)


def lacking(guest: Guest, sentence: str, evidence: tuple[Evidence, ...], what: str) -> Fault:
    """A fault that is gone once the packages are installed that bring ``what`` (see :mod:`.package_names`)."""
    try:
        return Fault(sentence, evidence, packages=package_names.bringing(guest, what))
    except PlanError as error:
        return Fault(sentence, evidence, obstacle=str(error))


def with_steps(sentence: str, evidence: tuple[Evidence, ...], make: Callable[[], tuple[Step, ...]]) -> Fault:
    """A fault whose steps come from ``make``; where that raises PlanError, its message is the obstacle."""
    try:
        return Fault(sentence, evidence, steps=make())
    except PlanError as error:
        return Fault(sentence, evidence, obstacle=str(error))


def removal(guest: Guest, path: str, sentence: str, evidence: tuple[Evidence, ...]) -> Fault:
    """A fault that is gone with what stands at ``path``; no fix is known where that is no file and no link."""
    found = guest.lstat(path)
    if found is not None and found.kind in (FileKind.FILE, FileKind.LINK):
        return Fault(sentence, evidence, steps=(RemoveFile(path),))
    what = "a folder" if found is not None and found.kind is FileKind.DIRECTORY else "no regular file"
    return Fault(sentence, evidence, obstacle=f"{path} is {what}: remove it in the guest")


def verdict(faults: Sequence[Fault], passing: Finding | Callable[[], Finding]) -> Finding:
    """``passing`` (or what it gives) where nothing is wrong; *fail* for certain faults, else *unknown*."""
    if not faults:
        return passing if isinstance(passing, Finding) else passing()
    certain = [fault for fault in faults if fault.certain]
    told = certain or list(faults)
    evidence = dict.fromkeys(place for fault in told for place in fault.evidence)
    sentence = "; ".join(dict.fromkeys(fault.sentence for fault in told))
    return Finding(Status.FAIL if certain else Status.UNKNOWN, sentence, tuple(evidence))


def plan_for(guest: Guest, faults: Sequence[Fault], summary: str) -> Plan:
    """The plan that rights every fault, or the obstacles where one of them cannot be righted.

    Raises PlanError from an edit, GuestError from reading.
    """
    stuck = [fault for fault in faults if not fault.fixable]
    if stuck:
        obstacles = dict.fromkeys(fault.obstacle or fault.sentence for fault in stuck)
        needs = dict.fromkeys(need for fault in stuck for need in fault.needs)
        return Plan(obstacle="; ".join(obstacles), needs=tuple(needs))
    # What the packages bring may be right already, or have to be edited: that is planned on the guest that has them.
    if packages := tuple(dict.fromkeys(name for fault in faults for name in fault.packages)):
        return Plan((InstallPackages(packages),), f"Installs {' and '.join(packages)}. {summary}")
    steps = dict.fromkeys(step for fault in faults for step in fault.steps)
    contents: dict[str, bytes] = {}
    for edit in (edit for fault in faults for edit in fault.edits):
        if edit.path not in contents:
            contents[edit.path] = guest.read(edit.path) if guest.exists(edit.path) else b""
        contents[edit.path] = edit.change(contents[edit.path])
    written = tuple(WriteFile(path, content) for path, content in contents.items())
    return Plan((*steps, *written), summary if steps or written else "")
