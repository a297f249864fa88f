"""The one way in which the fast reader gives up."""

from __future__ import annotations

from wizard.errors import WizardError


class StepAside(WizardError):
    """The fast reader is not certain: the appliance is to be asked. ``reason`` is a sentence without a full stop.

    It is no GuestError on purpose: a check must not take it for an answer about the guest.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("step-aside", reason, "")

    @property
    def reason(self) -> str:
        """The sentence."""
        return self.message
