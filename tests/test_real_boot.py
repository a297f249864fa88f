"""console-log and serial-getty carried out on guests with other boot loaders than Debian's, in the appliance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import guests
import images
import pytest

from remediations.vocabulary import Settings, Status
from wizard.image import probe
from wizard.report import examine
from wizard.stage import Stage
from wizard.staging import carry_out

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror]
SETTINGS = Settings()
IDS = ("console-log", "serial-getty")


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (guests.rocky9, "/etc/kernel/cmdline"),
        (guests.centos6, "/boot/grub/grub.conf"),
        (guests.leap, "/boot/grub2/grub.cfg"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_console_is_named_and_has_a_login(make: Callable[[], Path], path: str, tmp_path: Path) -> None:
    overlay = tmp_path / "disk.qcow2"
    images._run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(make()), str(overlay))
    stage = Stage(probe(overlay), writable=True)
    try:
        stage.launch(lambda line: None)
        before = examine(stage.guest, SETTINGS)
        assert {before.get(name).finding.status for name in IDS} == {Status.FAIL}
        staged = carry_out(stage, before, IDS, SETTINGS)
        assert not staged.failed, staged.failed
        assert staged.fixes == IDS
        assert b"console=tty0 console=ttyS0,115200n8" in stage.guest.read(path)
    finally:
        stage.drop()
