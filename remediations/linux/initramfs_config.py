"""Having the guest's own generator put drivers into every initial RAM disk that it makes from now on.

Source: initramfs-tools(7), dracut.conf(5), mkinitcpio.conf(5), Alpine's mkinitfs.conf, SLES 11's /etc/sysconfig/kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from remediations.guest import Guest
from remediations.linux.fault import Edit
from remediations.linux.initramfs_rebuild import generator
from remediations.linux.shell_assignments import (
    UNKNOWN,
    ShellSyntaxError,
    evaluate,
    parse,
    with_words,
)
from remediations.linux.text import encode, line_ending, numbered
from remediations.vocabulary import PlanError

_MODULES = "/etc/initramfs-tools/modules"
_DRACUT = "/etc/dracut.conf.d/50-virtio.conf"
_MKINITCPIO = "/etc/mkinitcpio.conf.d/50-virtio.conf"
_MKINITFS = "/etc/mkinitfs/mkinitfs.conf"
_SYSCONFIG = "/etc/sysconfig/kernel"


def having(guest: Guest, drivers: Sequence[str]) -> Edit:
    """The edit of the generator's configuration. Raises PlanError where there is none that we know."""
    words = " ".join(drivers)
    name = generator(guest)
    if name == "mkinitramfs":
        return Edit(_MODULES, partial(with_modules, tuple(drivers)))
    if name == "dracut":
        return Edit(_DRACUT, lambda _: encode(f'add_drivers+=" {words} "\n'))
    if name == "mkinitcpio":
        if not guest.exists("/etc/mkinitcpio.conf.d"):
            raise PlanError(f"add {words} to MODULES in /etc/mkinitcpio.conf, and run mkinitcpio -P in the guest")
        return Edit(_MKINITCPIO, lambda _: encode(f"MODULES+=({words})\n"))
    if name == "mkinitfs":
        return Edit(_MKINITFS, partial(with_value, _MKINITFS, "features", ("virtio",)))
    if name == "mkinitrd" and guest.facts.family == "suse":
        return Edit(_SYSCONFIG, partial(with_value, _SYSCONFIG, "INITRD_MODULES", tuple(drivers)))
    raise PlanError("the guest has no program that makes its initial RAM disk")


def with_modules(drivers: Sequence[str], content: bytes) -> bytes:
    """initramfs-tools' list of modules with those that it lacks, one a line."""
    listed = {words[0].replace("-", "_") for _, line in numbered(content) if (words := line.split("#")[0].split())}
    missing = [driver for driver in drivers if driver not in listed]
    ending = line_ending(content)
    joint = ending if missing and content and not content.endswith(b"\n") else b""
    return content + joint + b"".join(encode(driver) + ending for driver in missing)


def with_value(path: str, name: str, words: Sequence[str], content: bytes) -> bytes:
    """A file of shell assignments with words added to a variable that it sets. May raise PlanError."""
    try:
        file = parse(content)
        value = evaluate((file,), {}).get(name, "")
    except ShellSyntaxError as error:
        raise PlanError(f"{path} cannot be understood: {error}") from error
    missing = [word for word in words if word not in value.split()]
    if not missing:
        return content
    last = next((place for place in reversed(file.assignments) if place.name == name), None)
    if last is None or UNKNOWN in value:
        raise PlanError(f"{path} does not set {name}, or not to something that can be known")
    after = with_words(file, last, " ".join(missing))
    try:
        values = evaluate((parse(after),), {})
    except ShellSyntaxError as error:
        raise PlanError(f"{path}: {name} could not be extended") from error
    if values.get(name, "").split() != [*value.split(), *missing]:
        raise PlanError(f"{path}: {name} could not be extended")
    return after
