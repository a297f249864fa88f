"""Packages on a real Alpine guest, with its own apk, from a folder of files."""

from __future__ import annotations

from pathlib import Path

import guests
import pytest
from apk_files import apk
from disks import qemu

from remediations.vocabulary import InstallPackages, Settings
from wizard.change import PackageChange
from wizard.image import probe
from wizard.stage import Stage
from wizard.step_error import StepError

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]


def test_what_is_asked_for_comes_with_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    apk(folder, "tool", ["tool-lib"], {"usr/bin/tool": b"#!/bin/sh\n", "etc/tool.conf": b"x\n"})
    apk(folder, "tool-lib", [], {"usr/lib/tool.txt": b"x\n"})
    apk(folder, "bystander", ["nowhere"], {"usr/lib/by.txt": b"x\n"})
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", guests.alpine(), image)
    stage = Stage(probe(image), writable=True, settings=Settings(packages=str(folder)))
    try:
        stage.launch(lambda _line: None)
        stage.apply((InstallPackages(("tool",)),))
        assert stage.packages.changes == (
            PackageChange("tool", None, "1.0-r0"),
            PackageChange("tool-lib", None, "1.0-r0"),
        )
        assert stage.packages.files == 2
        assert {file.path for file in stage.changes()} == {"/etc/apk/world", "/etc/tool.conf"}
        assert stage.guest.stat("/usr/bin/tool") is not None
        assert stage.guest.listdir("/tmp") == ()
        with pytest.raises(StepError, match="nowhere"):
            stage.apply((InstallPackages(("bystander",)),))
    finally:
        stage.drop()
