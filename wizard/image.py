"""The image file, as qemu-img sees it: probed once, before anything opens it."""

from __future__ import annotations

import itertools
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard import disk_header, qemu
from wizard.errors import ChangeError, OpenError
from wizard.folders import real_path
from wizard.qemu import QemuError
from wizard.visible import visible

READABLE = ("raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc")
_LONGEST_CHAIN = 64
# The other kinds of vmdk (streamOptimized above all) cannot be rewritten in place: qemu fails in the middle.
WRITABLE_VMDK = ("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat")


@dataclass(frozen=True)
class Image:
    """A probed image. Sizes in bytes; ``backing`` lists the backing chain's files, nearest first.

    ``backing_formats`` are their formats, as qemu takes them: what the file above says, else what a look at it tells.
    ``files`` are the image's own files (a vmdk may have several, a qcow2 a data file). ``read_only_reason`` is the
    sentence why fixes cannot be written to it, empty where they can. ``identity`` changes when anything writes to it.
    """

    path: Path
    format: str
    virtual_size: int
    actual_size: int
    backing: tuple[Path, ...]
    in_use: bool
    read_only_reason: str
    files: tuple[Path, ...] = ()
    backing_formats: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[object, ...]:
        """Device, inode, size and modification time (ns) of each of the image's own files, read now.

        Equal to nothing where a file cannot be looked at any more.
        """
        try:
            found = [file.stat() for file in self.files]
        except OSError:
            return (object(),)
        return tuple((s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns) for s in found)


def require_same(image: Image, identity: object, since: str) -> None:
    """ChangeError where an image is gone, or is not the one that had this identity. ``since``: "it was opened"."""
    if image.identity == identity:
        return
    gone = [file for file in image.files if not os.path.exists(file)]  # noqa: PTH110 - never raises
    if gone:
        raise ChangeError(
            "image-gone",
            f"{visible(str(gone[0]))} is not there any more: it was removed or renamed, or its disk is away. "
            "Nothing was written.",
            "Bring it back, open it again and look at the preview once more.",
        )
    raise ChangeError(
        "image-changed",
        f"The image was written to or replaced by something else since {since}. It was left as it is now.",
        "Open it again and look at the preview once more.",
    )


def probe(path: Path) -> Image:
    """What the image at ``path`` is. Reads only; OpenError with its own code for everything that is not an image."""
    name = visible(str(path))
    path = real_path(path)
    _require_readable_file(path, name)
    packed = disk_header.compression(path)
    if packed:
        raise OpenError(
            "compressed", f"{name} is compressed with {packed}.", "Decompress it first, then open the result."
        )
    chain, in_use = _info(path, name)
    top = chain[0]
    if top.get("encrypted") or top["format"] == "luks":
        raise OpenError(
            "encrypted",
            f"{name} is an encrypted image; its content cannot be read.",
            "Make a decrypted copy with `qemu-img convert` and your secret, and open that.",
        )
    if top["format"] not in READABLE:
        raise OpenError(
            "unsupported-format",
            f"{name} has the format {visible(top['format'])}, which is not handled.",
            f"Convert it: qemu-img convert -O qcow2 {name} NEW.qcow2",
        )
    _require_whole(path, name, top, in_use)
    return Image(
        path=path,
        format=top["format"],
        virtual_size=int(top["virtual-size"]),
        actual_size=int(top.get("actual-size", 0)),
        backing=tuple(Path(link["filename"]) for link in chain[1:]),
        in_use=in_use,
        read_only_reason=_read_only_reason(path, top, in_use),
        files=_own_files(path, top),
        backing_formats=tuple(
            str(above.get("backing-filename-format") or link["format"]) for above, link in itertools.pairwise(chain)
        ),
    )


def _require_readable_file(path: Path, name: str) -> None:
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        raise OpenError("not-found", f"There is no file {name}.", "Check the path.") from None
    except OSError as error:
        reason = f"{name} cannot be looked at: {error.strerror}."
        raise OpenError("permission", reason, "Ask its owner for access, or run as that user.") from None
    if not stat.S_ISREG(kind):
        raise OpenError("not-a-file", f"{name} is not a regular file.", "Give the path of an image file.")
    if not os.access(path, os.R_OK):
        raise OpenError("permission", f"You may not read {name}.", "Ask its owner for access, or run as that user.")
    if path.stat().st_size == 0:
        raise OpenError("not-an-image", f"{name} is empty.", "Check that the download or copy has finished.")


def _info(path: Path, name: str) -> tuple[list[dict[str, Any]], bool]:
    """What qemu-img says of the file and then of each backing file, and whether another program holds the first."""
    chain: list[dict[str, Any]] = []
    in_use = False
    here: Path | None = path
    while here is not None:
        if len(chain) > _LONGEST_CHAIN:
            raise OpenError("backing-chain", f"{name} has backing files without end.", "Check its backing chain.")
        _refuse_foreign(here, name)
        try:
            told, held = _told(here)
        except QemuError as error:
            raise _unreadable(here, name, error, backing=bool(chain)) from error
        in_use = in_use or (held and not chain)
        chain.append(told)
        following = told.get("full-backing-filename") or told.get("backing-filename")
        here = _backing(here, str(following), name) if following else None
    return chain, in_use


def _told(path: Path) -> tuple[dict[str, Any], bool]:
    try:
        return qemu.info(path), False
    except QemuError as error:
        if not error.locked:
            raise
        return qemu.info(path, force_share=True), True


def _refuse_foreign(path: Path, name: str) -> None:
    reason = disk_header.foreign_reference(path)
    written = disk_header.backing_name(path)
    if not reason and written and not written.startswith("/") and ":" in written:
        reason = f"its backing file is {written!r}, which is not a file"
    if reason:
        raise OpenError(
            "foreign-storage",
            f"{name} is not opened: {visible(reason)}.",
            "If you trust the image, make one file of it: qemu-img convert -O qcow2 IMAGE NEW.qcow2",
        )


def _backing(path: Path, following: str, name: str) -> Path:
    found = path.parent / following
    try:
        kind = found.stat().st_mode
    except OSError as error:
        raise OpenError(
            "backing-missing",
            f"A backing file of {name} cannot be opened: {visible(str(found))}: {error.strerror}.",
            "Put it where the image expects it, or point the image to it: qemu-img rebase -u -b FILE -F FORMAT.",
        ) from error
    if not stat.S_ISREG(kind):
        raise OpenError(
            "foreign-storage", f"A backing file of {name} is not a regular file.", "Convert the image to one file."
        )
    if not os.access(found, os.R_OK):
        reason = f"You may not read {visible(str(found))}, a backing file of {name}."
        raise OpenError("permission", reason, "Ask its owner for access, or run as that user.")
    return found


def _unreadable(path: Path, name: str, error: QemuError, *, backing: bool) -> OpenError:
    text = visible(str(error))
    if "could not be started" in text:
        return OpenError("qemu-missing", f"{text}.", "Run `image-wizard --doctor`.")
    if backing:
        reason = f"{visible(str(path))}, a backing file of {name}, cannot be read: {text}"
        return OpenError("backing-missing", reason, "Copy the backing file again.")
    code = "truncated" if "truncated" in text.lower() else "not-an-image"
    return OpenError(code, f"{name} cannot be read as an image: {text}", "Copy or download it again.")


def _require_whole(path: Path, name: str, top: dict[str, Any], in_use: bool) -> None:
    """Refuse what is no disk and what ends too early; an image in use is in motion, and not judged."""
    size = path.stat().st_size
    again = "Copy or download it again and compare the checksums."
    if top["format"] == "raw":
        if size < disk_header.SECTOR or not disk_header.looks_like_disk(path):
            raise OpenError("not-an-image", f"{name} is not a disk image.", "Give the path of an image file.")
        needed = disk_header.expected_size(path)
        if size < needed:
            raise OpenError("truncated", f"{name} is truncated: {size} bytes, but its disk has {needed}.", again)
        return
    if in_use:
        return
    if top["format"] == "vdi" and size < disk_header.vdi_size(path):
        raise OpenError("truncated", f"{name} is truncated: its header counts more blocks than it has.", again)
    try:
        counted = qemu.check(path, top["format"])
    except QemuError as error:
        raise OpenError("truncated", f"{name} is damaged or truncated: {visible(str(error))}", again) from error
    if counted.get("corruptions") or counted.get("check-errors"):
        found = f"qemu-img check finds {counted.get('corruptions', 0)} corruptions"
        if counted.get("image-end-offset", 0) >= size:
            raise OpenError("truncated", f"{name} is truncated: {found}.", again)
        raise OpenError("damaged", f"{name} is damaged: {found}.", again)


def _read_only_reason(path: Path, top: dict[str, Any], in_use: bool) -> str:
    detail = top.get("format-specific", {}).get("data", {})
    if in_use:
        return "Another program holds the image, perhaps a running virtual machine; stop it to write fixes"
    if not os.access(path, os.W_OK):
        return "You may not write to the image file"
    if top["format"] == "vmdk" and detail.get("create-type") not in WRITABLE_VMDK:
        kind = visible(str(detail.get("create-type")))
        return f"A {kind} vmdk cannot be changed in place; convert it: qemu-img convert -O qcow2 IMAGE NEW.qcow2"
    if detail.get("corrupt"):
        return "The image is marked as corrupt; repair it: qemu-img check -r all IMAGE"
    if top["format"] == "raw" and path.stat().st_size % disk_header.SECTOR:
        return "The file is not a whole number of 512-byte sectors; writing would lengthen it"
    return ""


def _own_files(path: Path, top: dict[str, Any]) -> tuple[Path, ...]:
    detail = top.get("format-specific", {}).get("data", {})
    names = [extent.get("filename") for extent in detail.get("extents", [])]
    others = {(path.parent / name).absolute() for name in names if name}
    return (path, *sorted(other for other in others if other != path and other.exists()))
