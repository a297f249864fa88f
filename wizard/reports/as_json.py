"""The report as JSON: the document that ``--json`` prints (docs/json.md)."""

from __future__ import annotations

import json

from wizard.document import document
from wizard.reports.run import Run


def text(run: Run) -> str:
    """The whole file. Guest text is as it was read, and ASCII alone is used for it."""
    return json.dumps(document(list(run.outcomes)), indent=2) + "\n"
