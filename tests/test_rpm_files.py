"""Choosing among a folder's rpm files, with a real rpm and real files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wizard.package_managers import FOLDER
from wizard.rpm_files import QUERY, RpmFile, choose, listed
from wizard.step_error import StepError

SPEC = """\
Name: {name}
Version: {version}
Release: 1
Summary: A package for a test
License: none
BuildArch: noarch
{more}
%description
A package for a test.
%files
"""
PACKAGES = (
    ("server", "2", "Requires: common = 2\nRequires: library(it) >= 3\n"),
    ("common", "1", ""),
    ("common", "2", ""),
    ("it", "3", "Provides: library(it) = 3\nRequires: deeper\n"),
    ("deeper", "1", ""),
    ("bystander", "1", ""),
    ("lonely", "1", "Requires: nowhere > 4\n"),
)


def run(*words: str | Path) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("rpms")
    for name, version, more in PACKAGES:
        spec = top / f"{name}-{version}.spec"
        spec.write_text(SPEC.format(name=name, version=version, more=more))
        run("rpmbuild", "-bb", "--define", f"_topdir {top / 'build'}", "--define", f"_rpmdir {top}", spec)
    return top / "noarch"


@pytest.fixture(scope="module")
def files(folder: Path) -> tuple[RpmFile, ...]:
    query = QUERY.replace(FOLDER, str(folder)).replace("/tmp/query", str(folder / "query"))
    subprocess.run(["sh", "-c", query], check=True)
    return listed((folder / "query").read_text(), "x86_64")


def test_what_is_needed_comes_with_it_in_its_right_version_and_nothing_else(
    folder: Path, files: tuple[RpmFile, ...], tmp_path: Path
) -> None:
    def test(names: tuple[str, ...]) -> str:
        words = ("rpm", "-U", "--test", "--nosignature", "--dbpath", tmp_path, *(folder / name for name in names))
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={"LC_ALL": "C", "PATH": "/bin"})
        return done.stdout + done.stderr

    chosen = choose(files, ("server",), test)
    assert sorted(name.removesuffix("-1.noarch.rpm") for name in chosen) == ["common-2", "deeper-1", "it-3", "server-2"]
    assert "needed" not in test(chosen)
    with pytest.raises(StepError, match="lacks what is needed: nowhere"):
        choose(files, ("lonely",), test)


def test_every_file_is_listed_once_by_name(files: tuple[RpmFile, ...]) -> None:
    assert sorted(file.name for file in files) == ["bystander", "common", "deeper", "it", "lonely", "server"]
    assert next(file for file in files if file.name == "it").provides >= {"it", "library(it)"}
