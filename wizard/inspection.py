"""Finds the operating system in an appliance, mounts all of it, and says what could not be mounted."""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remediations.linux import fstab
from wizard import encryption
from wizard.errors import OpenError, SeveralSystems
from wizard.opening import Opening
from wizard.visible import visible

_DISK = re.compile(r"/dev/[hsv]d[a-z]")
_CONVERT = "Give an image of an installed Linux system."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layout:
    """Where a system lies: its root, and mount points mapped to devices or subvolumes, as libguestfs names them."""

    root: str
    mounts: Mapping[str, str]


@dataclass(frozen=True)
class Inspected:
    """A mounted system, as :class:`Layout` has it. ``unmounted`` are mount points of fstab that are not mounted.

    ``by_appliance`` says that libguestfs' own inspection found it, and can be asked more.
    """

    root: str
    mounts: Mapping[str, str]
    unmounted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    by_appliance: bool = True


def mount(g: Any, layout: Layout | None, opening: Opening, *, readonly: bool) -> Inspected:
    """Mount a system that is known already, or inspect for one where it is not, or does not mount. OpenError."""
    if layout is not None:
        try:
            return _mount_known(g, layout, readonly)
        except RuntimeError as error:
            if not g.is_ready():
                raise
            log.warning("mounting %s failed, inspecting instead: %s", dict(layout.mounts), error)
            g.umount_all()
    return inspect(g, opening, readonly=readonly)


def _mount_known(g: Any, layout: Layout, readonly: bool) -> Inspected:
    for point, device in _parents_first(layout.mounts):
        g.mount_options(_options(readonly), device, point)
    if missing := _missing(g, layout.mounts):
        raise RuntimeError(f"{', '.join(missing)} should be mounted, too")
    return Inspected(layout.root, layout.mounts, by_appliance=False)


def _parents_first(mounts: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(mounts.items(), key=lambda item: (len(item[0]), item[0]))


def _options(readonly: bool) -> str:
    return "ro" if readonly else "noatime"  # looking must not write


def inspect(g: Any, opening: Opening, *, readonly: bool) -> Inspected:
    """Decrypt, inspect and mount.

    OpenError where there is no Linux, or its root cannot be mounted; KeyNeeded where what is encrypted could hold
    one, SeveralSystems where there is more than one and none was chosen.
    """
    if opening.key is not None:
        encryption.unlock(g, opening.key, readonly=readonly)
    roots = [str(root) for root in g.inspect_os()]
    if not roots:
        raise _nothing_found(g)
    root = _chosen(g, roots, opening.root)
    kind = g.inspect_get_type(root)
    if kind != "linux":
        product = visible(g.inspect_get_product_name(root))
        raise OpenError(
            "windows" if kind == "windows" else "not-linux",
            f"The guest is {product if product != 'unknown' else visible(kind)}, not Linux: the guide's section on "
            "Linux images does not apply.",
            _CONVERT,
        )
    # A system whose fstab does not name its root boots all the same.
    mounts, warnings = _mount(g, {"/": root, **g.inspect_get_mountpoints(root)}, readonly)
    unmounted = _missing(g, mounts)
    warnings += [f"{visible(point)} could not be mounted; what lies below it is unknown" for point in unmounted]
    return Inspected(root, mounts, unmounted, tuple(warnings))


def _chosen(g: Any, roots: list[str], wanted: str | None) -> str:
    """The root to open: the one wanted, else the only one."""
    if wanted is None and len(roots) == 1:
        return roots[0]
    for root in roots:
        # The appliance's kernel may give the one disk another letter.
        if wanted is not None and _DISK.sub("/dev/sda", root) == _DISK.sub("/dev/sda", wanted):
            return root
    systems = tuple((root, _product(g, root)) for root in roots)
    listed = ", ".join(visible(f"{product} on {root}") for root, product in systems)
    several = f"{len(roots)} operating systems" if len(roots) > 1 else "one operating system"
    message = f"The image holds {several}: {listed}."
    if wanted is not None:
        raise OpenError("no-such-root", f"{message} None is on {visible(wanted)}.", "Name one of them with --root.")
    error = SeveralSystems("several-systems", message, f"Choose one, for example with --root {visible(roots[0])}.")
    error.systems = systems
    raise error


def _product(g: Any, root: str) -> str:
    """A system's name; Debian's own is its version alone."""
    product, distro = str(g.inspect_get_product_name(root)), str(g.inspect_get_distro(root))
    return product if any(letter.isalpha() for letter in product) else f"{distro} {product}"


def _mount(g: Any, wanted: Mapping[str, str], readonly: bool) -> tuple[dict[str, str], list[str]]:
    mounts: dict[str, str] = {}
    warnings: list[str] = []
    for point, device in _parents_first(wanted):
        if fstab.Entry(device, point, "", ()).removable:
            continue  # the drive of the machine that it was installed on
        try:
            g.mount_options(_options(readonly), device, point)
        except RuntimeError as error:
            if point == "/":
                raise OpenError(
                    "mount",
                    f"The root file system on {visible(device)} cannot be mounted: {_reason(error)}",
                    "Start the guest once and shut it down cleanly, or check its file system; then try again.",
                ) from error
            warnings.append(f"Mounting {visible(device)} on {visible(point)} failed: {_reason(error)}")
        else:
            mounts[point] = device
    return mounts, warnings


def _reason(error: RuntimeError) -> str:
    return visible(str(error).replace("\n", " ").strip())[:300]


def _missing(g: Any, mounts: Mapping[str, str]) -> tuple[str, ...]:
    """What fstab mounts at boot and is not mounted here: inspection drops what it cannot resolve, in silence."""
    wanted = fstab.mount_points(_read(g, "/etc/fstab"))
    mounted = {posixpath.normpath(point) for point in mounts}
    return tuple(point for point in wanted if point not in mounted)


def _has_ostree(g: Any, device: str, kind: str) -> bool:
    if kind in ("unknown", "swap"):
        return False
    try:
        g.mount_ro(device, "/")
        return bool(g.is_dir("/ostree/repo") and g.is_dir("/ostree/deploy"))
    except RuntimeError:
        if not g.is_ready():
            raise
        return False
    finally:
        if g.is_ready():
            g.umount_all()


def _read(g: Any, path: str) -> bytes:
    """A small regular file's start, empty where there is none."""
    try:
        return bytes(g.pread(path, 1024 * 1024, 0)) if g.is_file(path, followsymlinks=True) else b""
    except RuntimeError:
        return b""


def _nothing_found(g: Any) -> OpenError:
    if locked := encryption.volumes(g):
        return encryption.key_needed(locked)
    kinds = g.list_filesystems()
    if device := next((device for device, kind in sorted(kinds.items()) if _has_ostree(g, device, kind)), None):
        return OpenError(
            "ostree",
            f"The guest is an ostree system (Fedora CoreOS, bootc, an Atomic desktop), deployed on {visible(device)}: "
            "its files are put in place as a whole, and edits of an image would not last.",
            "Change what it is composed from (Ignition, the container file, the tree's definition), and build it anew.",
        )
    if not kinds or all(kind == "unknown" for kind in kinds.values()):
        return OpenError("no-system", "There is no file system in the image.", _CONVERT)
    found = ", ".join(visible(f"{device}: {kind}") for device, kind in sorted(kinds.items()))
    return OpenError("no-system", f"There is no operating system in the image, only {found}.", _CONVERT)
