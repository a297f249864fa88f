"""Images in a folder: by their names and by their first bytes; what is none, is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from disks import disk, qemu

from wizard.errors import UsageError
from wizard.find_images import expand


def test_a_folder_gives_its_images_in_order(tmp_path: Path) -> None:
    disk(tmp_path / "b.qcow2", "qcow2")
    disk(tmp_path / "a.raw", "raw")
    store = tmp_path / "store"
    store.mkdir()
    disk(store / "0b5e11a7-ed00-4a11-9a3d-1ace0ff1ce00", "qcow2")
    disk(store / "1b5e11a7-ed00-4a11-9a3d-1ace0ff1ce00", "raw")
    (tmp_path / "flat").mkdir()
    qemu("qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", tmp_path / "flat/f.vmdk", "4M")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "checksums").write_text("no image either")
    (tmp_path / ".hidden.qcow2").write_bytes(b"QFI\xfb")
    state = tmp_path / "b.qcow2.wizard"
    state.mkdir()
    (state / "undo-1.qcow2").write_bytes(b"QFI\xfb")
    found = [str(path.relative_to(tmp_path)) for path in expand([tmp_path])]
    assert found == ["a.raw", "b.qcow2", "flat/f.vmdk", "store/0b5e11a7-ed00-4a11-9a3d-1ace0ff1ce00",
                     "store/1b5e11a7-ed00-4a11-9a3d-1ace0ff1ce00"]  # fmt: skip


def test_files_stay_as_they_were_named(tmp_path: Path) -> None:
    assert expand([tmp_path / "absent.qcow2"]) == [tmp_path / "absent.qcow2"]


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no image"):
        expand([tmp_path])
