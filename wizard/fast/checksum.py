"""Checksums as Linux file systems keep them."""

from __future__ import annotations

from dissect.util.hash import crc32c as _crc32c

_ONES = 0xFFFFFFFF


def crc32c(data: bytes, seed: int = _ONES) -> int:
    """CRC-32C of ``data`` continued from ``seed``, without the final inversion, as ext4 keeps it."""
    return int(_crc32c.crc32c(data, seed ^ _ONES)) ^ _ONES


def crc16(data: bytes, value: int = _ONES & 0xFFFF) -> int:
    """CRC-16 (polynomial 0x8005, reflected) of ``data`` continued from ``value``."""
    for byte in data:
        value ^= byte
        for _bit in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value
