"""Packages on a real Debian guest that lacks them, with its own apt: from a mirror, and from a folder of real files."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import images
import pytest
from disks import qemu, sha256
from test_real_image import one, statuses

from remediations.vocabulary import InstallPackages, Settings
from wizard import headless
from wizard.image import probe
from wizard.stage import Stage
from wizard.step_error import StepError

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror, pytest.mark.timeout(900)]

WANTED = ("openssh-server", "cloud-init")
LEFT_ALONE = ("/etc/machine-id", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname")


def raw(path: Path) -> Path:
    qemu("qemu-img", "convert", "-f", "qcow2", "-O", "raw", images.bare(), path)
    return path


def folder_of_packages() -> Path:
    """What the bare guest lacks for the wanted packages, as real files, fetched once by the guest's own apt."""
    with images.building("packages", images.bare().name + " ".join(WANTED), "") as (path, draft):
        if draft is not None:
            draft.mkdir()
            g = images.launched(images.bare(), "qcow2", readonly=True, network=True)
            g.mount("/dev/sda1", "/")
            g.sh("apt-get -q update")
            words = "apt-get -q -y --no-install-recommends --download-only install"
            g.sh(f"{words} {' '.join(WANTED)}")
            for name in g.glob_expand("/var/cache/apt/archives/*.deb"):
                g.download(name, str(draft / Path(name).name))
            g.close()
    return path


def needing(package: Path, folder: Path) -> None:
    """The package made anew, so that it needs another one, which neither the guest nor the folder has."""
    tree = folder.parent / "tree"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True, timeout=60)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace("Depends: ", "Depends: nowhere-to-be-had, ", 1))
    subprocess.run(["dpkg-deb", "-b", tree, folder / package.name], check=True, capture_output=True, timeout=60)


def inside(image: Path) -> dict[str, Any]:
    """What the guest holds, seen with a handle that is not the product's."""
    g = images.launched(image, "raw", readonly=True)
    g.mount("/dev/sda1", "/")
    told = {path: g.read_file(path) for path in LEFT_ALONE}
    told["keys"] = g.glob_expand("/etc/ssh/ssh_host_*")
    told["held"] = [name for name in g.find("/") if name.endswith("image-wizard-held") or "policy-rc.d" in name]
    told["rooms"] = [g.ls(folder) for folder in ("/tmp", "/var/cache/apt", "/var/lib/apt/lists", "/run/lock")]
    told["audit"] = g.sh("dpkg --audit")
    g.close()
    return told


def test_from_the_mirror_all_is_well_and_undo_gives_the_same_bytes(tmp_path: Path) -> None:
    image = raw(tmp_path / "disk.raw")
    digest, before = sha256(image), inside(image)
    means = headless.Means(Settings(network=True))

    outcome, told = one(headless.ApplyAll(means, skip=("guest-agent",)), image)
    assert outcome.exit_code == 0, (told["error"], told["change"], told["requirements"])
    now = statuses(told)
    assert {now[name] for name in ("ssh-server", "ssh-key", "user-data", "cloud-user")} == {"pass"}
    came = {package["name"]: package for package in told["change"]["packages"]}
    assert {*WANTED} <= came.keys()
    assert all(package["before"] is None and package["size"] > 0 for package in came.values())
    assert told["change"]["package_files"]["new"] > 50
    files = {file["path"]: file["change"] for file in told["change"]["files"]}
    assert files["/etc/passwd"] == "modified"
    assert files["/etc/cloud/cloud.cfg"] == "created"
    assert not {*LEFT_ALONE} & files.keys()
    assert inside(image) == before, "no key was baked in, nothing is left of the installation's own"

    _, kept = one(headless.ShowJournal(means), image)
    assert kept["journal"][0]["packages"] == told["change"]["packages"]

    outcome, told = one(headless.Revert(means, 1, dry_run=True), image)
    reasons = {failed["id"]: failed["reason"] for failed in told["change"]["failed"]}
    assert "undo" in reasons["cloud-init"]
    assert "/etc/cloud/cloud.cfg" in reasons

    outcome, _ = one(headless.Undo(means), image)
    assert outcome.exit_code == 0
    assert sha256(image) == digest


def test_from_a_folder_without_a_network_and_what_is_missing_is_named(tmp_path: Path) -> None:
    files = folder_of_packages()
    image = raw(tmp_path / "disk.raw")
    digest = sha256(image)
    lines: list[str] = []
    stage = Stage(probe(image), writable=True, settings=Settings(packages=str(files)))
    try:
        stage.launch(lines.append)
        assert not stage._appliance.g.get_network()
        stage.apply((InstallPackages(("openssh-server",)),))
        assert "openssh-server" in stage.guest.packages
        assert "/etc/ssh/ssh_host_rsa_key" in {file.path for file in stage.changes()}, "nothing would make it at boot"
        stage.apply((InstallPackages(("cloud-init",)),))
        assert "cloud-init" in stage.guest.packages
        assert "/etc/ssh/ssh_host_rsa_key" not in {file.path for file in stage.changes()}, "cloud-init will make it"
        assert any(line.startswith("  Setting up cloud-init") for line in lines)
        processes = stage._appliance.g.debug("sh", ["ls -l /proc/*/root 2>/dev/null || true"])
        assert "/sysroot" not in processes, "what the packages started has ended"
        with pytest.raises(StepError, match="locate package nonsense"):
            stage.apply((InstallPackages(("nonsense",)),))
    finally:
        stage.drop()
    assert sha256(image) == digest


def test_a_folder_that_lacks_a_dependency_changes_nothing(tmp_path: Path) -> None:
    image = raw(tmp_path / "disk.raw")
    digest = sha256(image)
    some = tmp_path / "some"
    some.mkdir()
    for file in folder_of_packages().glob("openssh-server*.deb"):
        needing(file, some)
    job = headless.ApplyAll(headless.Means(Settings(packages=str(some))), only=("ssh-server",))
    outcome, told = one(job, image)
    assert outcome.exit_code == 4
    assert "nowhere-to-be-had" in told["error"]["message"], "what is missing is named"
    assert sha256(image) == digest
