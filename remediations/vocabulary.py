"""The words every requirement speaks: what is asked, how a guest stands, what would make it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from remediations.guest import Guest


class Status(StrEnum):
    """How a guest stands against one requirement. Only an established fact is *pass*."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Level(StrEnum):
    """Whether the guide names a requirement (*required*) or experience does (*recommended*)."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"


@dataclass(frozen=True)
class Settings:
    """What the operator chose for a run.

    ``user`` is the account that gets the key (None: the guest's own choice); ``console`` the kernel's console
    device (None: the usual one of the guest's architecture); ``hypervisor`` is ``kvm`` or ``xen``. ``key_fetch`` says
    what fetches the instance's key: ``cloud-init``, ``rc.local``, or ``auto``: cloud-init where it is installed or can
    be. Packages are installed from the guest's own repositories where ``network`` allows it, or from the files in
    ``packages``, a folder of the host.
    """

    user: str | None = None
    console: str | None = None
    hypervisor: str = "kvm"
    key_fetch: str = "auto"
    network: bool = False
    packages: str | None = None

    @property
    def can_install(self) -> bool:
        """Whether packages can be installed at all."""
        return self.network or self.packages is not None


@dataclass(frozen=True)
class Evidence:
    """One place in the guest that a verdict rests on. ``line`` counts from 1; ``text`` is guest text, unsanitised."""

    path: str
    line: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict, one sentence of why (may quote guest text), and the places it rests on."""

    status: Status
    summary: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class WriteFile:
    """Replace a regular file's content, links followed inside the guest; a new file gets ``mode`` and root:root.

    An existing file keeps its mode, owner and extended attributes.
    """

    path: str
    content: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class RemoveFile:
    """Remove a regular file or a link (the link itself, never what it points to)."""

    path: str


@dataclass(frozen=True)
class MakeLink:
    """Make a symbolic link ``path`` -> ``target``, in place of a file or link already there."""

    path: str
    target: str


@dataclass(frozen=True)
class MakeDirectory:
    """Make a directory, and its parents, where absent."""

    path: str
    mode: int = 0o755


@dataclass(frozen=True)
class RemoveDirectory:
    """Remove a directory that is empty by then; the steps before this one remove what stands in it."""

    path: str


@dataclass(frozen=True)
class SetMode:
    """Set the permission bits of an existing file, links followed inside the guest."""

    path: str
    mode: int


SimpleStep = WriteFile | RemoveFile | MakeLink | MakeDirectory | RemoveDirectory | SetMode
Accept = Callable[[bytes, bytes], str | None]


@dataclass(frozen=True)
class RunCommand:
    """Run a program of the guest, inside the appliance, that generates ``output`` (a regular file of the guest).

    ``may_change`` names the paths the command may touch (a directory covers all below it); touching another is a
    failure. ``accept(before, after)`` looks at the content of ``output`` before and after: None accepts it, a
    sentence says what went wrong. Where the command cannot run, fails or is not accepted, ``output`` is put back
    and ``otherwise`` is carried out in its place; with no ``otherwise`` the fix fails.
    """

    argv: tuple[str, ...]
    output: str
    may_change: tuple[str, ...]
    accept: Accept
    otherwise: tuple[SimpleStep, ...] = ()


@dataclass(frozen=True)
class InstallPackages:
    """Install packages, by the names of the guest's distribution, with its own package manager.

    A plan with this step holds nothing else: what a package brings is not known before, so the rest is planned on the
    guest that has it.
    """

    names: tuple[str, ...]


Step = SimpleStep | RunCommand | InstallPackages


@dataclass(frozen=True)
class Plan:
    """What would make a requirement pass.

    ``steps`` empty means that nothing is to be done (the requirement passes) or nothing can be done: then
    ``obstacle`` is the sentence that says why, and ``needs`` names what is missing (``package openssh-server``).
    ``summary`` says in one sentence what the steps do.
    """

    steps: tuple[Step, ...] = ()
    summary: str = ""
    obstacle: str = ""
    needs: tuple[str, ...] = ()


def unmet(plan: Plan, settings: Settings) -> tuple[str, ...]:
    """What a plan needs and does not have: its own ``needs``, and a source for the packages that it installs."""
    installs = any(isinstance(step, InstallPackages) for step in plan.steps)
    return (*plan.needs, INSTALLING) if installs and not settings.can_install else plan.needs


INSTALLING = "--network or --packages FOLDER"


class PlanError(Exception):
    """A fix that cannot be planned safely (a file that cannot be understood); the message says why."""


Check = Callable[[Guest, Settings], Finding]
MakePlan = Callable[[Guest, Settings], Plan]


@dataclass(frozen=True)
class Requirement:
    """One thing the guide asks: data and two pure questions.

    ``check`` says how a guest stands, ``plan`` what would make it right; both only read, and may raise
    :class:`~remediations.guest.GuestError` (taken as *unknown*), ``plan`` also :class:`PlanError` (no fix on offer).
    ``complete_for`` names the distribution families (``GuestFacts.family``) whose *pass* can be trusted.
    """

    id: str
    title: str
    level: Level
    guide: str
    check: Check
    plan: MakePlan
    complete_for: frozenset[str] = field(default=frozenset({"debian"}))
