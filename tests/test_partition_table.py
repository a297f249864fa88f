"""MBR and GPT tables, healthy and hostile, against what sfdisk made."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.partition_table import TableError, partitions

MIB = 1024**2
SFDISK = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}


def table(path: Path, script: str) -> Path:
    with path.open("wb") as file:
        file.truncate(64 * MIB)
    subprocess.run(["sfdisk", "-q", path], input=script, text=True, check=True, env=SFDISK)
    return path


def read_from(content: bytes) -> tuple[str, list[tuple[int, int, int, str, str]]]:
    kind, found = partitions(lambda offset, length: content[offset : offset + length])
    return kind, [(p.number, p.start // MIB, (p.end + 1) // MIB, p.kind, p.type) for p in found]


def test_dos_with_logical_partitions(tmp_path: Path) -> None:
    script = "label: dos\nstart=2048,size=20480,type=83\nsize=61440,type=5\n5:size=16384,type=83\n6:type=82\n"
    made = table(tmp_path / "d", script)
    kind, found = read_from(made.read_bytes())
    assert kind == "dos"
    assert found[0] == (1, 1, 11, "primary", "0x83")
    assert found[1][3:] == ("extended", "0x05")
    assert [(f[0], f[3], f[4]) for f in found[2:]] == [(5, "logical", "0x83"), (6, "logical", "0x82")]
    assert found[2][2] - found[2][1] == 8


def test_gpt_with_numbers_out_of_order(tmp_path: Path) -> None:
    made = table(tmp_path / "d", "label: gpt\n/dev/d14:start=2048,size=8192,type=21686148-6449-6E6F-744E-656564454649\n"
                                 "/dev/d1:start=10240,type=linux\n")  # fmt: skip
    kind, found = read_from(made.read_bytes())
    assert kind == "gpt"
    assert [(f[0], f[1]) for f in found] == [(1, 5), (14, 1)]
    assert found[1][4] == "21686148-6449-6E6F-744E-656564454649"


def test_a_ring_of_logical_partitions_ends(tmp_path: Path) -> None:
    content = bytearray(table(tmp_path / "d", "label: dos\ntype=5\n5:size=4096,type=83\n6:type=83\n").read_bytes())
    start = 2048 * 512
    content[start + 446 + 16 + 4] = 5
    content[start + 446 + 16 + 8 : start + 446 + 16 + 12] = bytes(4)
    with pytest.raises(TableError, match="more than"):
        read_from(bytes(content))


@given(st.binary(max_size=4096))
def test_any_bytes_give_partitions_or_a_table_error(content: bytes) -> None:
    content = content.ljust(510, b"\0")[:510] + b"\x55\xaa" + content
    with contextlib.suppress(TableError):
        read_from(content)
