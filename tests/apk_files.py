"""Alpine packages made by hand: two gzip streams, what the package is and what it holds."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def apk(folder: Path, name: str, depends: Sequence[str], files: Mapping[str, bytes]) -> Path:
    """An unsigned package of version 1.0-r0 in a folder."""
    data = _packed(files, whole=True)
    fields = {"pkgname": name, "pkgver": "1.0-r0", "pkgdesc": "a test", "arch": "x86_64", "license": "none"}
    fields["size"] = str(sum(map(len, files.values())))  # a package of no size is taken to hold nothing
    lines = [*fields.items(), *(("depend", one) for one in depends), ("datahash", hashlib.sha256(data).hexdigest())]
    info = "".join(f"{key} = {value}\n" for key, value in lines).encode()
    path = folder / f"{name}-1.0-r0.apk"
    path.write_bytes(_packed({".PKGINFO": info}, whole=False) + data)
    return path


def _packed(files: Mapping[str, bytes], *, whole: bool) -> bytes:
    """A compressed archive; without its end where it is not the ``whole`` of what follows one another."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in sorted({str(parent) for name in files for parent in Path(name).parents if str(parent) != "."}):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            if whole:
                entry.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(content).hexdigest()}  # noqa: S324 - apk's
            archive.addfile(entry, io.BytesIO(content))
        size = archive.offset
    return gzip.compress(buffer.getvalue() if whole else buffer.getvalue()[:size], mtime=0)
