"""Both readers say the same of every test image: facts, packages, layout, files, and each finding with its evidence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import guests
import images
import pytest

from remediations import REQUIREMENTS
from remediations.guest import FileKind, Guest, GuestError
from remediations.vocabulary import Settings
from wizard.fast.fast_guest import open_guest
from wizard.image import probe
from wizard.inspection import Layout, mount
from wizard.opening import Opening
from wizard.report import find, offer
from wizard.stage import Stage

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]

ROOT = Path(__file__).parent.parent
CHOICES = (Settings(), Settings(user="admin", console="ttyS1", hypervisor="xen"))
TREES = ("/etc", "/boot", "/usr/lib/systemd/system", "/lib/systemd/system", "/var/lib/cloud", "/odd")
MOST = 2500
PATTERNS = ("/etc/*.conf", "/etc/*/*.d/*", "/boot/vmlinu[xz]*", "/etc/[!a-m]*", "/lib/systemd/system/*.wants/*",
            "/odd/*", "/odd/.*", "/odd/to*/inside", "/odd/nowhere/*", "/etc/ssh/ssh?_config")  # fmt: skip


def demo() -> Path:
    """The bundled demo image."""
    return ROOT / "wizard" / "demo.qcow2"


def odd() -> Path:
    """A guest without a partition table whose tree is full of links, names and kinds that are not usual."""
    maker = ROOT / "bin" / "make-demo"
    recipe = maker.read_text() + Path(__file__).read_text()
    with images.building("odd", recipe, ".raw") as (path, draft):
        if draft is not None:
            tree = draft.parent / "tree"
            code = "import runpy, pathlib, sys; runpy.run_path(sys.argv[1])['lay_down'](pathlib.Path(sys.argv[2]))"
            tree.mkdir()
            subprocess.run([sys.executable, "-c", code, maker, tree], check=True)
            _make_odd(tree / "odd")
            (tree / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
            with draft.open("wb") as disk:
                disk.truncate(64 * 1024**2)
            environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
            # 1 KiB blocks and 128-byte inodes, as old systems have them.
            words = ["mkfs.ext4", "-q", "-F", "-b", "1024", "-I", "128", "-O", "^metadata_csum", "-d", tree, draft]
            subprocess.run(words, env=environment, check=True, capture_output=True)
            shutil.rmtree(tree)
    return path


def _make_odd(folder: Path) -> None:
    folder.mkdir()
    (folder / "real").mkdir()
    (folder / "real/inside").write_bytes(b"here\r\n")
    links = {
        "to-real": "real", "through": "to-real/../to-real/inside", "up": "../../../../etc/hostname",
        "absolute": "/odd/real/inside", "dangling": "nowhere", "itself": "itself", "a": "b", "b": "a",
        "long": "real/" * 1 + "./" * 60 + "inside", "file-as-folder": "real/inside/x", "slash": "real/inside/",
        "dots": "real/./.././real//inside",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    (folder / "chain-0").symlink_to("real/inside")
    for number in range(1, 45):
        (folder / f"chain-{number}").symlink_to(f"chain-{number - 1}")
    os.mkfifo(folder / "fifo")
    (folder / ".hidden").write_bytes(b"")
    (folder / "sparse").write_bytes(b"")
    with (folder / "sparse").open("r+b") as sparse:
        sparse.seek(200_000)
        sparse.write(b"end")
    (folder / ("n" * 255)).write_bytes(bytes(range(256)))
    (folder / "with blank and é").write_text("x")
    (folder / "set-id").write_text("x")
    (folder / "set-id").chmod(0o4755)
    (folder / "many").mkdir()
    for number in range(700):
        (folder / "many" / f"file-with-a-rather-long-name-{number}").write_bytes(b"%d" % number)
    (folder / "bytes").mkdir()
    Path(os.fsdecode(bytes(folder / "bytes") + b"/\xff\xfe")).write_bytes(b"")


EVERY = (images.bookworm, images.broken, images.without_cloud_init, demo, odd, *guests.ALL)


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_both_readers_agree(make: Callable[[], Path]) -> None:
    image = probe(make())
    fast = open_guest(image)
    stage = Stage(image, writable=False)
    try:
        stage.launch(lambda line: None)
        slow = stage.guest
        assert fast.facts == slow.facts
        assert fast.root_disk == slow.root_disk
        assert fast.filesystems == slow.filesystems
        assert dict(fast.packages) == dict(slow.packages)
        assert len(fast.packages) > 5
        for choice in CHOICES:
            for requirement in REQUIREMENTS:
                ours, theirs = (find(requirement, guest, choice) for guest in (fast, slow))
                assert ours == theirs, requirement.id
                assert offer(requirement, ours, fast, choice) == offer(requirement, theirs, slow, choice)
        paths = list(_paths(fast))
        assert len(paths) > 30
        for path in paths:
            for ask in (_lstat, _stat, _read, _listdir, _readlink):
                assert _answer(ask, fast, path) == _answer(ask, slow, path), f"{ask.__name__} {path}"
        for pattern in PATTERNS:
            assert _answer(_glob, fast, pattern) == _answer(_glob, slow, pattern), pattern
        # The layout that the fast reader found is one that the appliance can mount without looking for it.
        # The appliance's kernel names its disks in the order in which they answer, and libguestfs gives a subvolume's
        # device by that name.
        theirs = {point: re.sub(r"/dev/[sv]d[a-z]", "/dev/sda", device) for point, device in stage.mounts.items()}
        assert dict(fast.system.mounts) == theirs
        g = stage._appliance.g
        g.umount_all()
        mounted = mount(g, Layout(fast.facts.root, fast.system.mounts), Opening(), readonly=True)
        assert not mounted.by_appliance or "sdb" in str(stage.mounts)
    finally:
        stage.drop()


def _paths(guest: Guest) -> Iterator[str]:
    """Everything in some trees, and what is not there."""
    pending = [tree for tree in TREES if guest.exists(tree)]
    found = 0
    while pending and found < MOST:
        path = pending.pop()
        found += 1
        yield path
        known = guest.lstat(path)
        if known is not None and known.kind is FileKind.DIRECTORY and path != "/odd/bytes":
            pending += [f"{path}/{name}" for name in guest.listdir(path)]
    yield from ("/odd/bytes", "/nowhere", "/etc/hostname/x", "/etc/", "/etc/../etc/hostname", f"/{'x' * 256}", "/")


def _answer(ask: Callable[[Guest, str], Any], guest: Guest, path: str) -> Any:
    try:
        return ask(guest, path)
    except GuestError as error:
        return f"GuestError: {error}"


def _lstat(guest: Guest, path: str) -> Any:
    found = guest.lstat(path)
    return found if found is None or found.kind is not FileKind.DIRECTORY else (found.kind, found.mode, found.uid)


def _stat(guest: Guest, path: str) -> Any:
    found = guest.stat(path)
    return found if found is None or found.kind is not FileKind.DIRECTORY else (found.kind, found.mode, found.uid)


def _read(guest: Guest, path: str) -> Any:
    return guest.read(path, 300_000)


def _listdir(guest: Guest, path: str) -> Any:
    return guest.listdir(path)


def _readlink(guest: Guest, path: str) -> Any:
    found = guest.lstat(path)
    return guest.readlink(path) if found is not None and found.kind is FileKind.LINK else None


def _glob(guest: Guest, pattern: str) -> Any:
    return guest.glob(pattern)
