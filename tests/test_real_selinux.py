"""Labels of a real SELinux guest: ours agree with libselinux', and fixes leave none wrong."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import images
import pytest
import selinux_image

from remediations.guest import FileKind
from remediations.linux import selinux
from remediations.vocabulary import MakeDirectory, MakeLink, Settings, WriteFile
from wizard.image import probe
from wizard.session import Access, Session
from wizard.stage import Stage
from wizard.writer import StepError

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]  # the image may have to be built
KINDS = {FileKind.FILE: "file", FileKind.DIRECTORY: "dir", FileKind.LINK: "link"}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("selinux") / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", selinux_image.selinux(), copy], check=True, timeout=120)
    return copy


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_our_labels_are_those_that_the_guest_has_and_new_files_get_theirs(raw: Path) -> None:
    stage = Stage(probe(raw), writable=True)
    try:
        stage.launch(lambda line: None)
        guest, g = stage.guest, stage._appliance.g
        contexts = selinux.file_contexts(guest)
        compared = 0
        for folder in (
            "/etc",
            "/etc/ssh",
            "/etc/systemd/system",
            "/usr/bin",
            "/usr/lib/systemd/system",
            "/boot",
            "/var/lib",
        ):
            for name in guest.listdir(folder):
                found = guest.lstat(f"{folder}/{name}")
                assert found is not None
                if found.kind in KINDS:
                    path = guest.realpath(folder) + f"/{name}"
                    assert contexts.label(path, found.kind) == guest.label(path), path
                    compared += 1
        assert compared > 500
        made = WriteFile("/etc/ssh/ssh_host_new_key", b"x", 0o600)
        stage.apply(
            [made, MakeLink("/etc/systemd/system/x.service", "/dev/null"), MakeDirectory("/etc/cloud/new/deep")]
        )
        assert guest.label("/etc/ssh/ssh_host_new_key").split(":")[2] == "sshd_key_t"
        assert guest.label("/etc/systemd/system/x.service").split(":")[2] == "systemd_unit_t"
        assert guest.label("/etc/cloud/new/deep").split(":")[2] == "etc_t"
        assert not selinux_image.wrong_labels(g)
        g.rm("/etc/ssh/ssh_host_new_key")
        g.write("/etc/ssh/ssh_host_new_key", b"x")
        assert selinux_image.wrong_labels(g), "the guest's own setfiles sees a file that the appliance made"
        # What is written anew keeps what it had: an ACL, a capability, an attribute of its own.
        g.acl_set_file("/etc/hostname", "access", "u::rw-,u:101:r--,g::r--,m::r--,o::r--")
        g.setxattr("user.note", "kept", 4, "/etc/hostname")
        g.cap_set_file("/etc/hostname", "cap_net_raw=ep")
        kept = {found["attrname"]: found["attrval"] for found in g.lgetxattrs("/etc/hostname")}
        stage.apply([WriteFile("/etc/hostname", b"another\n")])
        now = {found["attrname"]: found["attrval"] for found in g.lgetxattrs("/etc/hostname")}
        capability = "security.capability"  # the kernel takes it away from what is written to, and is right to
        assert {**kept, capability: b""} == {**now, capability: b""}
        assert {"user.note", "system.posix_acl_access", "security.selinux"} <= now.keys()
        # The guest's disk is full: nothing is begun.
        told = g.statvfs("/")
        g.fallocate64("/etc/full", int(told["bavail"]) * int(told["frsize"]) - 8 * 2**20)
        told = g.statvfs("/")
        left = int(told["bfree"]) * int(told["frsize"])
        with pytest.raises(StepError, match=r"^/ has \d+ KiB free and \d+ KiB are needed"):
            stage.apply([WriteFile("/etc/large", b"x" * (left + 1))])
        assert not guest.exists("/etc/large")
    finally:
        stage.drop()


def test_every_fix_leaves_right_labels_and_undo_is_exact(raw: Path) -> None:
    before = sha256(raw)
    session = Session(raw, Settings(), access=Access.FIX)
    report = session.open()
    wanted = [a.requirement.id for a in report.assessments if a.fix is not None and a.fix.available]
    assert {"mac-address", "ssh-server", "firewall", "user-data", "console-log", "root-resize"} <= {*wanted}
    preview = session.preview(wanted)
    assert not preview.failed, preview.failed
    labels = {change.path: (change.before, change.after) for change in preview.files}
    for path, (was, now) in labels.items():
        assert now is None or now.label, f"{path} has no label"
        assert was is None or now is None or was.kind is not now.kind or was.label == now.label, path
    session.commit()
    session.close()
    g = images.launched(raw, "raw", readonly=True)
    g.mount_ro("/dev/sda1", "/")
    assert not selinux_image.wrong_labels(g)
    g.close()
    Session(raw, Settings(), access=Access.FIX).undo()
    assert sha256(raw) == before
