"""What package managers are told, and how what they print is read."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest
from fake_guest import BOOKWORM, FakeGuest

from wizard import package_list
from wizard.change import PackageChange
from wizard.enclosure import Swap, enclosed_script
from wizard.package_managers import APK, APT, DNF, DNF5, MICRODNF, PACMAN, RPM, YUM, ZYPPER, Manager, manager
from wizard.rpm_files import choose, listed
from wizard.step_error import StepError

ALL = (APT, DNF, DNF5, YUM, MICRODNF, ZYPPER, APK, PACMAN, RPM)


@pytest.mark.parametrize("managing", ALL, ids=lambda one: one.program)
@pytest.mark.parametrize("offline", [False, True])
def test_every_script_is_one_that_a_shell_reads(managing: Manager, offline: bool) -> None:
    for script in (*managing.scripts(("cloud-init", "libstdc++6"), offline=offline), managing.listing):
        done = subprocess.run(["sh", "-n", "-c", script or ":"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


@pytest.mark.parametrize("managing", [one for one in ALL if one is not RPM], ids=lambda one: one.program)
def test_names_reach_the_manager_as_one_word_each(managing: Manager) -> None:
    _, install = managing.scripts(("cloud-init", "a;b"), offline=False)
    assert "cloud-init 'a;b'" in install
    assert "@names@" not in install


@pytest.mark.parametrize(
    ("managing", "word"),
    [
        (APT, "--download-only"),
        (APK, "--simulate"),
        (PACMAN, "-Syw"),
        (RPM, "--test"),
    ],
)
def test_what_comes_first_only_fetches_or_tries(managing: Manager, word: str) -> None:
    assert word in managing.scripts(("x",), offline=True)[0]


def test_nothing_of_the_network_is_asked_for_a_folder() -> None:
    assert "--no-network" in APK.scripts(("x",), offline=True)[1]
    assert "Dir::Etc::sourceparts=/dev/null" in APT.scripts(("x",), offline=True)[1]
    assert "folder.conf" in PACMAN.scripts(("x",), offline=True)[1]
    assert {one.offline for one in ALL if one.suffixes == (".rpm",)} == {RPM.offline}


def test_lists_and_archives_go_where_nothing_is_kept() -> None:
    for managing in (DNF, DNF5, YUM, ZYPPER, PACMAN, APT):
        assert "/tmp/cache" in "".join(managing.online)
    assert "--no-cache" in "".join(APK.online)


@pytest.mark.parametrize(
    ("distro", "programs", "offline", "wanted"),
    [
        ("debian", ["/usr/bin/apt-get"], False, APT),
        ("fedora", ["/usr/bin/dnf", "/usr/bin/dnf5", "/usr/bin/yum"], False, DNF5),
        ("rocky", ["/usr/bin/dnf", "/usr/bin/yum"], False, DNF),
        ("centos", ["/usr/bin/yum"], False, YUM),
        ("rhel", ["/usr/bin/microdnf"], False, MICRODNF),
        ("opensuse", ["/usr/bin/zypper", "/usr/bin/dnf"], False, ZYPPER),
        ("rocky", ["/usr/bin/dnf", "/bin/rpm"], True, RPM),
        ("alpinelinux", ["/sbin/apk"], True, APK),
        ("archlinux", ["/usr/bin/pacman"], False, PACMAN),
        ("debian", [], False, None),
    ],
)
def test_the_manager_is_the_one_that_the_guest_has(
    distro: str, programs: list[str], offline: bool, wanted: Manager | None
) -> None:
    kinds = {"debian": "deb", "alpinelinux": "apk", "archlinux": "pacman"}
    facts = replace(BOOKWORM, distro=distro, package_format=kinds.get(distro, "rpm"))
    guest = FakeGuest(dict.fromkeys(programs, b"\x7fELF"), facts)
    assert manager(guest, offline=offline) == wanted


def test_a_listing_is_read_line_by_line_and_odd_lines_do_not_count() -> None:
    text = "a\t1.0\t1000\nb\t2\t\nkernel\t1\t5\nkernel\t2\t6\nno tab\n\t3\t1\nc\t1\t\u0661\nd\t\t4\n"
    assert package_list.parsed(text) == {"a": ("1.0", 1000), "b": ("2", 0), "kernel": ("1 2", 11), "c": ("1", 0)}


def test_differences_are_what_came_went_and_changed() -> None:
    before = {"a": ("1", 5), "b": ("1", 5), "c": ("1", 5)}
    after = {"a": ("1", 5), "b": ("2", 6), "d": ("1", 7)}
    assert package_list.differences(before, after) == (
        PackageChange("b", "1", "2", 6),
        PackageChange("c", "1", None, 0),
        PackageChange("d", None, "1", 7),
    )


@pytest.mark.parametrize(
    ("line", "room"),
    [
        ("After this operation, 2774 kB of additional disk space will be used.", 5_548_000),
        ("After this operation, 1,234 MB of additional disk space will be used.", 2_468_000_000),
        ("After this operation, 4.5 MB of additional disk space will be used.", 9_000_000),
        ("After this operation, 0 B of additional disk space will be used.", 0),
        ("After this operation, 3 MB disk space will be freed.", 0),
    ],
)
def test_the_room_asked_for_is_twice_what_apt_says(line: str, room: int) -> None:
    assert package_list.room_asked(f"Reading...\n{line}\nDo it") == room


def test_the_reason_is_the_lines_that_say_it_or_the_last_ones() -> None:
    said = "Reading package lists...\nE: Unable to locate package nothing\nDone\n"
    assert package_list.reason(said) == "E: Unable to locate package nothing"
    unmet = (
        "The following packages have unmet dependencies:\n"
        " openssh-server : Depends: nowhere but it is not installable\n"
        "                  PreDepends: other (>= 2) but it is not installable\n"
        "E: Unable to correct problems, you have held broken packages.\n"
    )
    assert package_list.reason(unmet).startswith("openssh-server : Depends: nowhere but")
    assert "PreDepends: other (>= 2)" in package_list.reason(unmet)
    assert package_list.reason("one\r\n\ntwo\n") == "one; two"
    assert package_list.reason("") == ""


QUERY = (
    "@\tserver\t(none)\t9.1\t2\tx86_64\n+server\n+/usr/sbin/sshd\n=server-9.1.rpm\n"
    "@\tserver\t(none)\t9.1\t10\tx86_64\n+server\n+/usr/sbin/sshd\n=server-9.1-10.rpm\n"
    "@\tserver\t1\t1\t1\taarch64\n+server\n=server-arm.rpm\n"
    "@\tcommon\t(none)\t9.1\t10\tnoarch\n+common\n+libx.so()(64bit)\n=common.rpm\n"
    "@\tbroken\n=broken.rpm\n"
)


def test_of_the_files_the_newest_of_the_guests_architecture_count() -> None:
    assert [file.file for file in listed(QUERY, "x86_64")] == ["server-9.1-10.rpm", "common.rpm"]


def test_what_rpm_misses_is_taken_from_the_folder_until_it_misses_nothing() -> None:
    asked: list[tuple[str, ...]] = []

    def test(files: tuple[str, ...]) -> str:
        asked.append(files)
        if "common.rpm" in files:
            return ""
        return "error: Failed dependencies:\n\tcommon = 9.1-10 is needed by server-9.1-10.x86_64\n"

    assert choose(listed(QUERY, "x86_64"), ("server",), test) == ("server-9.1-10.rpm", "common.rpm")
    assert len(asked) == 2


def test_what_no_file_has_is_named() -> None:
    files = listed(QUERY, "x86_64")
    with pytest.raises(StepError, match=r"lacks what is needed: libz\.so\.1\(\)\(64bit\)"):
        choose(files, ("server",), lambda _: "\tlibz.so.1()(64bit) is needed by server-9.1-10.x86_64\n")
    with pytest.raises(StepError, match="the folder has no dnf"):
        choose(files, ("dnf",), lambda _: "")


def test_a_swap_is_put_back_exactly(tmp_path: Any) -> None:
    """The two halves around the guest's script, run on real files."""
    for existed in ("file", "link", "nothing"):
        path = tmp_path / existed
        if existed == "file":
            path.write_text("own")
        if existed == "link":
            path.symlink_to("/run/nowhere")
        before = path.lstat() if existed != "nothing" else None
        script = enclosed_script("cat it", (Swap(str(path), "ours\n", 0o755),), {})
        lines = script.replace("/sysroot/", "/").split("\n")
        begin = next(i for i, line in enumerate(lines) if line.startswith("if [ -e"))
        runs = next(i for i, line in enumerate(lines) if line.startswith("env -i"))
        lines[runs] = f"cat {path}"
        lines[-2] = ":"
        done = subprocess.run(
            ["sh", "-c", "\n".join(lines[begin:])], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout == "ours\n"
        after = path.lstat() if existed != "nothing" else None
        assert (before and before.st_ino) == (after and after.st_ino)
        assert path.exists() is (existed == "file")
        assert [p.name for p in tmp_path.iterdir() if "held" in p.name] == []


def test_the_guest_is_told_that_it_does_not_run() -> None:
    script = enclosed_script("true", (), {"DEBIAN_FRONTEND": "noninteractive"})
    assert "SYSTEMD_OFFLINE=1" in script
    assert "DEBIAN_FRONTEND=noninteractive" in script
