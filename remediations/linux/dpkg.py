"""dpkg's database: which packages a Debian or Ubuntu guest has (dpkg(1), deb822(5))."""

from __future__ import annotations


def installed(status: bytes) -> dict[str, str]:
    """Installed packages, name to version, from the content of /var/lib/dpkg/status.

    A package that was removed and left its configuration behind does not count.
    """
    found = {}
    for paragraph in status.replace(b"\r\n", b"\n").split(b"\n\n"):
        fields = {}
        for line in paragraph.split(b"\n"):
            name, colon, value = line.partition(b":")
            if colon and name in (b"Package", b"Status", b"Version"):
                fields[name] = value.strip().decode("utf-8", "surrogateescape")
        if fields.get(b"Status", "").split()[-1:] == ["installed"] and b"Package" in fields:
            found[fields[b"Package"]] = fields.get(b"Version", "")
    return found
