"""The appliance behind the screens: how far its start is, and how that reads in a corner of a screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from textual.content import Content

from screens.text import seconds
from wizard.errors import WizardError

Step = tuple[str, datetime]
"""A line that the engine said as a step began, and when that was."""


class Phase(Enum):
    """Where an appliance is between not being there and being of use."""

    OFF = auto()
    STARTING = auto()
    READY = auto()
    FAILED = auto()


@dataclass(frozen=True)
class Appliance:
    """What is known of it: since when it starts and the steps of that, or why it does not."""

    phase: Phase = Phase.OFF
    began: datetime | None = None
    steps: tuple[Step, ...] = ()
    error: WizardError | None = None

    def phrases(self, now: datetime) -> tuple[Content, ...]:
        """How it stands, the longest phrase first; none where there is nothing to wait for and nothing wrong."""
        match self.phase:
            case Phase.STARTING:
                since = seconds(now - (self.began or now))
                return _phrases(f"> appliance starting… {since}", f"> appliance {since}", "$text-accent")
            case Phase.READY:
                return _phrases("✓ appliance ready", "✓ appliance", "$text-success")
            case Phase.FAILED:
                return _phrases("✗ appliance failed", "✗ appliance", "$text-error")
        return ()

    @property
    def notice(self) -> str:
        """What a failure means for the operator; empty where there is none."""
        if self.error is None:
            return ""
        said = self.error.message.replace("\n", " ")
        return f"{said} All but previews works; p starts it again."


def _phrases(long: str, short: str, style: str) -> tuple[Content, ...]:
    return Content.styled(long, style), Content.styled(short, style)
