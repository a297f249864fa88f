"""The whole way on real Debian images through the real appliance: check, apply, check, undo, compare."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import images
import pytest
from disks import content, held, qemu, sha256

from remediations.vocabulary import Settings
from wizard import headless
from wizard.appliance import Appliance
from wizard.document import Outcome, document
from wizard.errors import Cancelled, OpenError
from wizard.image import probe
from wizard.inspection import Layout
from wizard.session import Session
from wizard.stage import Stage

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(600)]

ROOT = Path(__file__).parent.parent
FIXED = ["root-resize", "mac-address", "ssh-server", "firewall", "ssh-key", "user-data", "console-log"]
ADMIN = Settings(user="admin")


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The appliances that come up during a test, counted at libguestfs itself."""
    import guestfs

    counted: list[float] = []
    real = guestfs.GuestFS.launch

    def launch(self: Any) -> None:
        real(self)
        counted.append(time.monotonic())

    monkeypatch.setattr(guestfs.GuestFS, "launch", launch)
    return counted


def over(base: Path, path: Path) -> Path:
    """An image of the test's own: a qcow2 with the cached image as its backing file."""
    qemu("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path)
    return path


def one(job: headless.Job, image: Path) -> tuple[Outcome, dict[str, Any]]:
    """Run a headless job on one image; the outcome and its part of the JSON document."""
    outcomes = headless.run(job, [image])
    told = json.loads(json.dumps(document(outcomes)))
    return outcomes[0], told["images"][0]


def required(told: dict[str, Any], key: str = "status") -> dict[str, str]:
    """The verdicts on what the guide requires."""
    return {r["id"]: r[key] for r in told["requirements"] if r["level"] == "required"}


def statuses(told: dict[str, Any]) -> dict[str, str]:
    return {requirement["id"]: requirement["status"] for requirement in told["requirements"]}


def test_broken_image_is_fixed_proved_and_taken_back(tmp_path: Path, launches: list[float]) -> None:
    base = images.broken()
    image = over(base, tmp_path / "disk.qcow2")
    file_before = sha256(image)

    outcome, told = one(headless.Check(headless.Means(ADMIN)), image)
    assert outcome.exit_code == 1
    assert (told["reader"], launches) == ("fast", [])
    assert {name for name, status in required(told).items() if status == "fail"} == {*FIXED, "cloud-user"}
    assert all(r["evidence"] for r in told["requirements"] if r["status"] == "fail")
    assert told["guest"]["product"].startswith("Debian GNU/Linux 12")
    assert sha256(image) == file_before
    assert list(tmp_path.iterdir()) == [image], "a check leaves nothing beside the image"

    outcome, told = one(headless.ApplyAll(headless.Means(ADMIN)), image)
    assert len(launches) == 1
    assert outcome.exit_code == 0, told
    assert set(required(told).values()) == {"pass", "skipped"}
    assert {name for name, status in required(told, "before").items() if status == "fail"} == {*FIXED, "cloud-user"}
    assert told["change"]["state"] == "committed"
    assert told["change"]["commands"][0]["argv"] == ["/usr/sbin/update-grub"]
    assert told["change"]["commands"][0]["note"] == "", "the guest's own update-grub made the menu"
    look_inside(image)

    launches.clear()
    outcome, told = one(headless.ApplyAll(headless.Means(ADMIN)), image)
    assert (outcome.exit_code, told["change"]) == (0, None), "applying twice changes nothing the second time"
    assert launches == [], "and needs no appliance to see that"

    outcome, told = one(headless.Undo(headless.Means(ADMIN)), image)
    assert (outcome.exit_code, told["change"]["state"]) == (0, "undone")
    qemu("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", image, base)
    outcome, told = one(headless.ShowJournal(headless.Means(ADMIN)), image)
    assert [row["state"] for row in told["journal"]] == ["undone"]


def look_inside(image: Path) -> None:
    """What landed, seen with a handle that is not the product's."""
    g = images.launched(image, "qcow2", readonly=True)  # a scratch overlay: what is written below lands nowhere
    g.mount("/dev/sda1", "/")
    assert g.filesize("/etc/udev/rules.d/70-persistent-net.rules") == 0
    assert g.read_file("/etc/sysconfig/network-scripts/ifcfg-eth0") == b"DEVICE=eth0\r\nBOOTPROTO=dhcp"
    assert b"hwaddress" not in g.read_file("/etc/network/interfaces.d/eth0")
    assert g.readlink("/etc/systemd/system/multi-user.target.wants/ssh.service") == "/lib/systemd/system/ssh.service"
    assert g.readlink("/etc/systemd/system/nftables.service") == "/dev/null"
    assert not g.exists("/etc/ssh/sshd_not_to_be_run")
    assert not g.exists("/etc/cloud/cloud-init.disabled")
    assert b"     name: admin\n" in g.read_file("/etc/cloud/cloud.cfg")
    kernels = [line for line in g.read_file("/boot/grub/grub.cfg").split(b"\n") if line.strip().startswith(b"linux")]
    assert len(kernels) == 3
    assert all(b"console=ttyS0" in line and b"root=UUID=" in line for line in kernels)
    # The guest's own programs are the judges.
    g.mkdir_p("/run/sshd")
    assert g.command(["sshd", "-t", "-f", "/etc/ssh/sshd_config", "-o", "HostKey=/etc/ssh/ssh_host_ed25519_key"]) == ""
    assert g.command(["grub-script-check", "/boot/grub/grub.cfg"]) == ""
    assert "enabled" in g.command(["systemctl", "--root=/", "is-enabled", "ssh.service"])
    g.close()


def test_raw_image_has_its_old_sha256_after_undo(tmp_path: Path, launches: list[float]) -> None:
    image = tmp_path / "disk.raw"
    qemu("qemu-img", "convert", "-f", "qcow2", "-O", "raw", images.broken(), image)
    before = sha256(image)
    only = ("mac-address", "firewall")

    outcome, told = one(headless.ApplyAll(headless.Means(ADMIN), only, dry_run=True), image)
    assert told["change"]["state"] == "discarded"
    assert "-SUBSYSTEM" in "".join(file["diff"] for file in told["change"]["files"])
    assert sha256(image) == before
    assert list(tmp_path.iterdir()) == [image]

    outcome, told = one(headless.ApplyAll(headless.Means(ADMIN), only), image)
    assert outcome.exit_code == 1, "other requirements still fail"
    assert told["change"]["fixes"] == list(only)
    assert sha256(image) != before
    assert len(launches) == 2

    outcome, _ = one(headless.Undo(headless.Means(ADMIN)), image)
    assert outcome.exit_code == 0
    assert sha256(image) == before


def test_without_cloud_init_the_boot_script_fetches_the_key(tmp_path: Path) -> None:
    image = over(images.without_cloud_init(), tmp_path / "disk.qcow2")
    outcome, told = one(headless.ApplyAll(headless.Means(Settings()), ("ssh-key",)), image)
    assert statuses(told)["ssh-key"] == "pass", told
    assert told["change"]["fixes"] == ["ssh-key"]
    assert outcome.exit_code == 1, "nothing grows the root without cloud-init: no false pass"
    assert statuses(told)["root-resize"] != "pass"
    assert statuses(told)["user-data"] != "pass"
    files = {file["path"]: file for file in told["change"]["files"]}
    assert files["/etc/rc.local"]["change"] == "created"
    g = images.launched(image, "qcow2", readonly=True)
    g.mount_ro("/dev/sda1", "/")
    assert g.statns("/etc/rc.local")["st_mode"] & 0o7777 == 0o755
    assert g.command(["sh", "-n", "/etc/rc.local"]) == ""
    g.close()


def test_revert_puts_back_what_was_not_touched_since(tmp_path: Path) -> None:
    image = over(images.broken(), tmp_path / "disk.qcow2")
    one(headless.ApplyAll(headless.Means(ADMIN), ("mac-address", "firewall")), image)
    g = images.launched(image, "qcow2")
    g.mount("/dev/sda1", "/")
    g.write("/etc/ufw/ufw.conf", "ENABLED=no\n# edited since\n")
    g.shutdown()
    g.close()

    outcome, told = one(headless.Undo(headless.Means(ADMIN)), image)
    assert (outcome.exit_code, told["error"]["code"]) == (4, "undo-refused")
    outcome, told = one(headless.Revert(headless.Means(ADMIN), 1), image)
    assert told["change"]["kind"] == "revert"
    assert [failed["id"] for failed in told["change"]["failed"]] == ["/etc/ufw/ufw.conf"]
    assert outcome.exit_code == 1
    assert statuses(told)["mac-address"] == "fail"
    changed = {file["path"]: file["change"] for file in told["change"]["files"]}
    assert changed["/etc/systemd/system/nftables.service"] == "removed"
    assert changed["/etc/udev/rules.d/70-persistent-net.rules"] == "modified"


def test_image_in_use_is_checked_with_a_warning_and_not_written(tmp_path: Path) -> None:
    image = over(images.bookworm(), tmp_path / "disk.qcow2")
    with held(image, "qcow2"):
        outcome, told = one(headless.Check(headless.Means(Settings())), image)
        assert told["in_use"] is True
        assert any("inconsistent" in warning for warning in told["warnings"])
        assert statuses(told)["ssh-server"] == "pass"
        outcome, told = one(headless.ApplyAll(headless.Means(Settings())), image)
        assert (outcome.exit_code, told["error"]["code"]) == (3, "in-use")


def test_killed_while_staging_leaves_nothing(tmp_path: Path) -> None:
    image = over(images.broken(), tmp_path / "disk.qcow2")
    before = sha256(image)
    scratch = tmp_path.with_name(tmp_path.name + "-scratch")
    scratch.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)}
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "wizard", image, "--apply-all"], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert running.stderr
    for line in running.stderr:
        if "Staging" in line:
            time.sleep(2)
            running.send_signal(signal.SIGKILL)
            break
    assert running.wait(60) == -signal.SIGKILL
    assert sha256(image) == before
    assert list(tmp_path.iterdir()) == [image]
    # What it left in the temporary folder goes with the next opening there.
    assert list(scratch.glob("image-wizard-stage-*"))
    code = "from wizard.scratch import scratch_folder; print(scratch_folder()[0])"
    words = [sys.executable, "-c", code]
    made = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert [str(path) for path in scratch.glob("image-wizard-stage-*")] == [made.stdout.strip()]


def test_interrupt_ends_with_130_and_the_image_as_it_was(tmp_path: Path) -> None:
    image = over(images.broken(), tmp_path / "disk.qcow2")
    before = sha256(image)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "wizard", image, "--apply-all"], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert running.stderr
    for line in running.stderr:
        if "Starting" in line:
            time.sleep(2)
            running.send_signal(signal.SIGINT)
            break
    assert running.wait(60) == 130
    assert "as it was" in running.stderr.read()
    assert sha256(image) == before
    assert list(tmp_path.iterdir()) == [image]


def test_cancel_from_another_thread(tmp_path: Path) -> None:
    import threading

    session = Session(over(images.bookworm(), tmp_path / "disk.qcow2"), Settings(), fast=False)
    session.on_progress = lambda line: ("Starting" in line and threading.Timer(1, session.cancel).start()) or None
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        session.open()
    assert time.monotonic() - begun < 20
    session.close()


def test_a_layout_that_does_not_mount_is_looked_for_again(tmp_path: Path, launches: list[float]) -> None:
    image = probe(over(images.bookworm(), tmp_path / "disk.qcow2"))
    stage = Stage(image, writable=True)
    try:
        stage.launch(lambda line: None, Layout("/dev/sda7", {"/": "/dev/sda7", "/boot": "/dev/sda1"}))
        assert stage.guest.facts.root == "/dev/sda1"
        assert dict(stage.mounts) == {"/": "/dev/sda1"}
        assert stage.guest.exists("/etc/debian_version")
    finally:
        stage.drop()
    assert len(launches) == 1


def test_warming_up_serves_the_first_preview_and_can_be_cancelled(tmp_path: Path, launches: list[float]) -> None:
    import threading

    session = Session(over(images.broken(), tmp_path / "disk.qcow2"), ADMIN)
    try:
        report = session.open()
        assert (report.reader.name, session.warm, launches) == ("fast", False, [])
        timer = threading.Timer(1, session.cancel)
        timer.start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            session.warm_up()
        assert time.monotonic() - begun < 10
        session.warm_up()
        assert session.warm
        preview = session.preview(["firewall"])
        assert preview.fixes == ("firewall",)
        assert len(launches) == 1, "the one that was cancelled never came up"
    finally:
        session.close()


def test_a_start_that_takes_too_long_is_an_error(tmp_path: Path) -> None:
    blank = tmp_path / "blank.raw"
    with blank.open("wb") as file:
        file.truncate(1024**2)
    appliance = Appliance(blank, "raw", readonly=True, seconds=0.5)
    with pytest.raises(OpenError, match="had not started after") as caught:
        appliance.launch(lambda line: None)
    assert caught.value.code == "appliance"


def test_an_appliance_that_dies_is_told_and_the_image_is_whole(tmp_path: Path) -> None:
    image = over(images.broken(), tmp_path / "disk.qcow2")
    before = sha256(image)
    session = Session(image, Settings(), fast=False)

    def kill(line: str) -> None:
        if "Checking" in line:
            from wizard import appliance

            appliance._kill_children()

    session.on_progress = kill
    with pytest.raises(OpenError) as caught:
        session.open()
    assert caught.value.code == "appliance-died"
    session.close()
    assert sha256(image) == before


@pytest.mark.parametrize("inside", ["nothing", "no system", "encrypted", "windows"])
def test_images_without_a_linux_inside(tmp_path: Path, inside: str) -> None:
    image = tmp_path / "disk.raw"
    code = {"windows": "windows", "encrypted": "encrypted-guest"}.get(inside, "no-system")
    images.guestless(image, inside)
    outcome, told = one(headless.Check(headless.Means(Settings())), image)
    assert (outcome.exit_code, told["error"]["code"]) == (3, code), told["error"]
    assert told["error"]["next"]
    assert told["requirements"] == []


def test_demo_shows_failures_and_fixes_them_all(tmp_path: Path) -> None:
    image = tmp_path / "demo.qcow2"
    shutil.copy(ROOT / "wizard" / "demo.qcow2", image)
    before = content(image, "qcow2")
    outcome, told = one(headless.ApplyAll(headless.Means(Settings())), image)
    assert outcome.exit_code == 0
    assert sum(r["before"] == "fail" for r in told["requirements"]) >= 5
    note = told["change"]["commands"][0]["note"]
    assert "edited directly" in note, "the demo guest's update-grub does nothing"
    one(headless.Undo(headless.Means(Settings())), image)
    assert content(image, "qcow2") == before
