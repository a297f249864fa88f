"""Probing: every format that is opened, and every file that is none, each with its own error."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest
from disks import MIB, SIZE, disk, held, overlay, qemu

from wizard.errors import OpenError
from wizard.image import probe

FORMATS = ["raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"]


def refused(path: Path) -> OpenError:
    with pytest.raises(OpenError) as caught:
        probe(path)
    assert caught.value.exit_code == 3
    assert caught.value.next, "an error says what to do next"
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize("image_format", FORMATS)
def test_formats(tmp_path: Path, image_format: str) -> None:
    image = probe(disk(tmp_path / "disk", image_format))
    assert image.format == image_format
    assert image.virtual_size >= SIZE
    assert image.read_only_reason == ""
    assert not image.in_use


def test_backing_chain_is_told(tmp_path: Path) -> None:
    base = disk(tmp_path / "base", "qcow2")
    image = probe(overlay(tmp_path / "disk", base, "qcow2"))
    assert image.backing == (base,)


def test_flat_vmdk_counts_its_extent_as_its_own(tmp_path: Path) -> None:
    image = probe(disk(tmp_path / "disk.vmdk", "vmdk", "-o", "subformat=monolithicFlat"))
    assert image.files == (tmp_path / "disk.vmdk", tmp_path / "disk-flat.vmdk")
    assert image.read_only_reason == ""


def test_stream_optimized_vmdk_is_read_only_with_a_remedy(tmp_path: Path) -> None:
    image = probe(disk(tmp_path / "disk.vmdk", "vmdk", "-o", "subformat=streamOptimized"))
    assert "streamOptimized" in image.read_only_reason
    assert "qemu-img convert" in image.read_only_reason


def test_missing_and_not_a_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing").code == "not-found"
    assert refused(tmp_path).code == "not-a-file"
    os.mkfifo(tmp_path / "fifo")
    assert refused(tmp_path / "fifo").code == "not-a-file"


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"x" * 4096, bytes(MIB)], ids=["empty", "short", "letters", "zeros"]
)
def test_not_an_image(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert refused(path).code == "not-an-image"


def test_compressed(tmp_path: Path) -> None:
    path = tmp_path / "disk.raw.gz"
    path.write_bytes(gzip.compress(b"\0" * 4096))
    error = refused(path)
    assert error.code == "compressed"
    assert "gzip" in error.message


@pytest.mark.parametrize("image_format", FORMATS)
def test_truncated(tmp_path: Path, image_format: str) -> None:
    path = disk(tmp_path / "disk", image_format)
    if image_format == "raw":
        subprocess.run(["/sbin/sfdisk", "-q", path], input="start=2048,type=83\n", text=True, check=True)
    os.truncate(path, path.stat().st_size // 2)
    assert refused(path).code == "truncated"


def test_truncated_gpt_and_bare_file_system(tmp_path: Path) -> None:
    for name, make in {"gpt": ["/sbin/sfdisk", "-q"], "ext4": ["/sbin/mkfs.ext4", "-q"]}.items():
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run([*make, path], input="label: gpt\ntype=linux\n", text=True, check=True)
        assert probe(path).format == "raw"
        os.truncate(path, SIZE // 2)
        assert refused(path).code == "truncated", name


def test_encrypted(tmp_path: Path) -> None:
    secret = ("--object", "secret,id=s,data=secret")
    qemu("qemu-img", "create", "-q", *secret, "-f", "qcow2", "-o",
         "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10", tmp_path / "q", "8M")  # fmt: skip
    qemu("qemu-img", "create", "-q", *secret, "-f", "luks", "-o", "key-secret=s,iter-time=10", tmp_path / "l", "8M")
    assert refused(tmp_path / "q").code == "encrypted"
    assert refused(tmp_path / "l").code == "encrypted"


def test_missing_backing_file(tmp_path: Path) -> None:
    base = disk(tmp_path / "base", "qcow2")
    image = overlay(tmp_path / "disk", base, "qcow2")
    base.unlink()
    error = refused(image)
    assert error.code == "backing-missing"
    assert "base" in error.message


def test_held_by_another_program(tmp_path: Path) -> None:
    path = disk(tmp_path / "disk", "qcow2")
    with held(path, "qcow2"):
        image = probe(path)
        assert image.in_use
        assert "stop it" in image.read_only_reason
    assert not probe(path).in_use


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = disk(tmp_path / "disk", "raw")
    # root may read and write everything: the kernel's answer for another user is put in its place
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    assert "may not write" in probe(path).read_only_reason
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert refused(path).code == "permission"


def test_a_raw_file_of_odd_size_is_not_written_to(tmp_path: Path) -> None:
    path = disk(tmp_path / "disk", "raw")
    with path.open("ab") as file:
        file.write(b"x")
    assert "512" in probe(path).read_only_reason


def test_a_name_that_could_be_a_protocol_or_an_option(tmp_path: Path) -> None:
    for name in ("json:{}", "nbd:localhost", "a,b=c", "-f", "nl\nnl"):
        path = disk(tmp_path / "disk", "qcow2").rename(tmp_path / name)
        assert probe(path).format == "qcow2"


def test_corrupt_is_read_only(tmp_path: Path) -> None:
    path = disk(tmp_path / "disk", "qcow2")
    content = bytearray(path.read_bytes())
    content[79] |= 2  # incompatible feature bit 1: the corrupt flag (qcow2 specification)
    path.write_bytes(content)
    image = probe(path)
    assert "corrupt" in image.read_only_reason


def test_an_image_that_names_other_files_as_its_storage_is_refused(tmp_path: Path) -> None:
    """Writing to it would write there: the name is the image's word alone."""
    victim = tmp_path / "victim"
    with victim.open("wb") as file:
        file.truncate(MIB)
    (tmp_path / "images").mkdir()
    outside = tmp_path / "images" / "outside.qcow2"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-o", f"data_file={victim},data_file_raw=on", outside, "1M")
    assert refused(outside).code == "foreign-storage"

    flat = tmp_path / "images" / "flat.vmdk"
    qemu("qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", flat, "1M")
    text = flat.read_bytes()
    for name in (str(victim), "../victim", "json:{}", "nbd:127.0.0.1:1"):
        flat.write_bytes(text.replace(b'"flat-flat.vmdk"', f'"{name}"'.encode()))
        assert refused(flat).code == "foreign-storage", name
    (tmp_path / "images" / "link").symlink_to(victim)
    flat.write_bytes(text.replace(b'"flat-flat.vmdk"', b'"link"'))
    assert refused(flat).code == "foreign-storage"


@pytest.mark.parametrize("name", ["nbd://127.0.0.1:9/x", 'json:{"driver":"null-co"}', "ssh://h/x"])
def test_a_backing_file_must_be_a_file(tmp_path: Path, name: str) -> None:
    image = tmp_path / "disk.qcow2"
    qemu("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", name, image, "1M")
    assert refused(image).code in ("foreign-storage", "backing-missing")


def test_a_ring_of_backing_files_ends(tmp_path: Path) -> None:
    one = tmp_path / "one"
    qemu("qemu-img", "create", "-q", "-f", "qcow2", one, "1M")
    qemu("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", one, one)
    assert refused(one).code in ("backing-chain", "not-an-image", "backing-missing")


def test_a_sound_image_of_small_clusters_is_sound_each_time(tmp_path: Path) -> None:
    """qemu-img's threads used to run into the limit on memory now and then, and the image was called truncated."""
    image = tmp_path / "small.qcow2"
    source = disk(tmp_path / "source.raw", "raw")
    qemu("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=512", source, image)
    for _ in range(25):
        assert probe(image).format == "qcow2"
