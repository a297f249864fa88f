"""Pictures of screens that do not depend on who takes them: one folder, readable names, nothing animated."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_textual_snapshot
import textual.constants
from syrupy.extensions.base import AbstractSyrupyExtension
from syrupy.location import PyTestLocation

FOLDER = Path(__file__).parent.parent / "snapshots"


class NamedPicture(pytest_textual_snapshot.SVGImageExtension):
    """``test_picture_requirements_80x24`` is kept as ``snapshots/requirements-80x24.svg``."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(FOLDER)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: int | str = 0) -> str:
        name = AbstractSyrupyExtension.get_snapshot_name(test_location=test_location, index=index)
        return name.removeprefix("test_picture_").replace("_", "-")


@pytest.fixture(autouse=True)
def same_picture_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    # The fixture of pytest-textual-snapshot looks the class up in its own module.
    monkeypatch.setattr(pytest_textual_snapshot, "SVGImageExtension", NamedPicture)
    # An environment variable would come too late: Textual reads it when it is imported.
    monkeypatch.setattr(textual.constants, "TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(textual.constants, "DEFAULT_THEME", "textual-dark")
    for name in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
