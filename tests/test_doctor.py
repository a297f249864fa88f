"""What --doctor says of hosts that lack something."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from wizard import doctor


def test_a_kernel_that_only_root_may_read_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vmlinuz-6.8.0").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    check = doctor._kernel(tmp_path)
    assert check.state == "missing"
    assert "may not read" in check.found
    assert "chmod" in check.remedy


def test_missing_programs_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda *words, **options: None)
    assert {check.state for check in doctor._programs()} == {"missing"}


@pytest.mark.parametrize(("states", "code"), [(["ok", "note"], 0), (["ok", "missing"], 1)])
def test_exit_code(
    states: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = [doctor.Check(f"c{number}", state, "found") for number, state in enumerate(states)]
    monkeypatch.setattr(doctor, "examine", lambda: iter(checks))
    assert doctor.run(as_json=False) == code
    assert "c1" in capsys.readouterr().out
    assert doctor.run(as_json=True) == code
    assert '"doctor"' in capsys.readouterr().out


def test_kvm_that_opens_and_does_not_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.Path, "exists", lambda path: True)
    monkeypatch.setattr(os, "access", lambda path, mode: True)
    assert (doctor._kvm(emulated=True).state, doctor._kvm(emulated=False).state) == ("note", "ok")


def test_a_library_that_is_loaded_without_a_spec_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "odd_library", ModuleType("odd_library"))
    assert doctor._found("odd_library")


def test_the_fast_readers_libraries_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._fast_reader().state == "ok"
    monkeypatch.setattr(doctor, "FAST_LIBRARIES", ("dissect.util", "no_such_thing", "no_such_thing.below"))
    found = doctor._fast_reader()
    assert (found.state, found.remedy != "") == ("note", True)
    assert "no_such_thing.below" in found.found
    assert "dissect.util" not in found.found
