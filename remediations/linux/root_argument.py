"""The kernel's ``root=`` where it is a name of the machine's: bootparam(7), and what GRUB 2's defaults ask for."""

from __future__ import annotations

import re
from functools import partial

from remediations.guest import Guest
from remediations.linux.disk_names import disk_name, is_root, lasting
from remediations.linux.fault import Edit, Fault
from remediations.linux.fstab_absent import is_absent
from remediations.linux.kernel_arguments import arguments
from remediations.linux.systemd import is_file
from remediations.linux.text import decode, encode, numbered
from remediations.vocabulary import Evidence, PlanError

_DEFAULTS = "/etc/default/grub"
_ADVICE = "Look by hand at what root= the boot loader passes"
_ALPINE = "/etc/update-extlinux.conf"
_BY_DEVICE = re.compile(r"\s*(?:export\s+)?GRUB_DISABLE_LINUX_UUID=[\"']?true\b")
# What these hold cannot be changed word by word: shell variables, and a block of a fixed length.
_NOT_PLAIN = re.compile(r"/etc/default/|.*/grubenv")


def faults(guest: Guest) -> list[Fault]:
    """Every ``root=`` that is a name of the machine's; *unknown* where what is passed cannot be told at all."""
    passed = arguments(guest)
    roots = passed.named("root")
    if not roots:
        return [Fault(sentence, (place,), obstacle=_ADVICE, certain=False) for sentence, place in passed.doubts[:1]]
    named: dict[str, list[Evidence]] = {}
    for value, place in dict.fromkeys(roots):
        if disk_name(value) is not None:
            named.setdefault(value, []).append(place)
    return [*(_fault(guest, value, places) for value, places in named.items()), *_absent(guest, roots)]


def _absent(guest: Guest, roots: list[tuple[str, Evidence]]) -> list[Fault]:
    """That no entry's root is in the image; beside one that is, others may be of another system's."""
    if not all(is_absent(guest, value) for value, _ in roots):
        return []
    sentence = f"the kernel is told root={roots[0][0]}, which the image does not hold"
    return [Fault(sentence, tuple(dict.fromkeys(place for _, place in roots)), obstacle=_ADVICE)]


def _fault(guest: Guest, value: str, places: list[Evidence]) -> Fault:
    sentence = f"the kernel is told root={value}, which another machine calls something else"
    paths = list(dict.fromkeys(place.path for place in places))
    try:
        spec = _lasting(guest, value, paths)
    except PlanError as error:
        where = " and ".join(paths[:3])
        advice = f"Put root=UUID=… in place of root={value} in {where} and what it is generated from ({error})"
        return Fault(sentence, tuple(places), obstacle=advice)
    change = partial(renamed, value=value, spec=spec)
    if _ALPINE not in paths and is_file(guest, _ALPINE) and change(content := guest.read(_ALPINE)) != content:
        paths.append(_ALPINE)
    return Fault(sentence, tuple(places), edits=tuple(Edit(path, change) for path in paths))


def _lasting(guest: Guest, value: str, paths: list[str]) -> str:
    name = disk_name(value)
    if name is None or not is_root(guest, name):
        raise PlanError("it is not where the root of the image is")
    if odd := next((path for path in paths if _NOT_PLAIN.match(path)), None):
        raise PlanError(f"{odd} is not plain text")
    if not guest.glob("/boot/init*"):
        raise PlanError("a kernel without an initramfs finds no UUID")
    if is_file(guest, _DEFAULTS):
        for number, line in numbered(guest.read(_DEFAULTS)):
            if _BY_DEVICE.match(line):
                raise PlanError(f"GRUB_DISABLE_LINUX_UUID in {_DEFAULTS} line {number} asks for it")
    return lasting(guest, name, name, "auto")


def renamed(content: bytes, value: str, spec: str) -> bytes:
    """A loader's file with ``root=SPEC`` for every word ``root=VALUE``, in comments that are templates too."""
    pattern = rf"(?<![^\s\"'=])root={re.escape(value)}(?![^\s\"'])"
    return encode(re.sub(pattern, lambda _: f"root={spec}", decode(content)))
