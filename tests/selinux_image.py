"""A real SELinux guest: Debian 12 with its own policy, every file labelled by it, and broken as images.broken is."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import images

PACKAGES = f"{images.PACKAGES},policycoreutils,selinux-policy-default"
CONTEXTS = "/etc/selinux/default/contexts/files/file_contexts"
LABELLED = ("/boot", "/etc", "/root", "/usr/bin", "/usr/lib/systemd", "/usr/sbin", "/var/lib/dpkg")


def selinux() -> Path:
    """The guest, in permissive mode as Debian installs it."""
    recipe = (
        PACKAGES + inspect.getsource(_label) + inspect.getsource(images._install) + inspect.getsource(images._break)
    )
    with images.building("selinux", recipe, ".qcow2") as (path, draft):
        if draft is not None:
            tree, raw = draft.parent / "tree.tar", draft.parent / "disk.raw"
            images._run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}",
                        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                        "--dpkgopt=path-exclude=/usr/share/man/*", "--aptopt=APT::Install-Recommends false",
                        "bookworm", str(tree))  # fmt: skip
            images.install(raw, tree)
            g = images.launched(raw, "raw")
            g.mount("/dev/sda1", "/")
            _label(g)
            g.shutdown()
            g.close()
            images._run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(draft))
    return path


def _label(g: Any) -> None:
    images._break(g)
    g.write("/etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=default\n")
    g.sh("setfiles -F /etc/selinux/default/contexts/files/file_contexts /")


def wrong_labels(g: Any) -> list[str]:
    """What the guest's own setfiles would relabel below some folders; it changes nothing."""
    told = str(g.sh(f"setfiles -n -v -F {CONTEXTS} {' '.join(LABELLED)} 2>&1 || echo failed $?"))
    assert "failed" not in told, told
    return [line for line in told.split("\n") if "elabel" in line]
