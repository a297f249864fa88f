"""What the OpenStack image guide asks of a Linux guest: one module for each requirement, listed here in order."""

from __future__ import annotations

from remediations.vocabulary import Requirement

REQUIREMENTS: tuple[Requirement, ...] = ()
