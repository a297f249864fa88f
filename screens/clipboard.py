"""Copying through the terminal (OSC 52), which also works over ssh, but which the terminal may not allow."""

from __future__ import annotations

from typing import Any

from textual.app import App

LIMIT = 74_000
"""Bytes; terminals drop more without a word."""


def copy(app: App[Any], text: str, what: str, otherwise: str = "") -> None:
    """Copy ``text``, which is made visible already, and say what was copied; ``otherwise`` says what to do if it is
    too long."""
    if len(text.encode()) > LIMIT:
        app.notify(f"{what} is too long to be copied. {otherwise}".strip(), severity="warning", markup=False)
        return
    app.copy_to_clipboard(text)
    app.notify(f"Copied {what}, if your terminal allows it (OSC 52)", markup=False)
