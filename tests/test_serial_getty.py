"""serial-getty: a login on the console device, whatever the guest's init."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_guest import BOOKWORM, FakeGuest, Link
from linux_guest import ETC, LIB, debian, trusty

from remediations.serial_getty import check, plan
from remediations.vocabulary import InstallPackages, Settings, Status

SETTINGS = Settings()
GETTY = b"[Service]\nExecStart=-/sbin/agetty -o '-p -- \\\\u' --keep-baud 115200,57600,38400,9600 - $TERM\n"
GENERATOR = "/usr/lib/systemd/system-generators/systemd-getty-generator"
LINK = f"{ETC}/getty.target.wants/serial-getty@ttyS0.service"
ALPINE_INITTAB = b"""# /etc/inittab
::sysinit:/sbin/openrc sysinit
::wait:/sbin/openrc default
tty1::respawn:/sbin/getty 38400 tty1
# Put a getty on the serial port
#ttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100
::ctrlaltdel:/sbin/reboot
"""
SLES_INITTAB = b"""id:3:initdefault:
si::bootwait:/etc/init.d/boot
l3:3:wait:/etc/init.d/rc 3
1:2345:respawn:/sbin/mingetty --noclear tty1
#S0:12345:respawn:/sbin/agetty -L 9600 ttyS0 vt102
"""
SERIAL_CONF = b"""start on fedora.serial-console-available DEV=* and stopped rc RUNLEVEL=[2345]
stop on runlevel [S016]
instance $DEV
respawn
pre-start exec /sbin/securetty $DEV
exec /sbin/agetty /dev/$DEV $SPEED vt100-nav
"""


def menu(words: str) -> bytes:
    return f"menuentry x {{\n linux /vmlinuz root=LABEL=x {words}\n}}\n".encode()


def systemd(words: str | None = "console=tty0 console=ttyS0", **changes: object) -> FakeGuest:
    files = {f"{LIB}/serial-getty@.service": GETTY, f"{LIB}/getty.target": b"[Unit]\n", GENERATOR: b"\x7fELF"}
    files |= {"/usr/sbin/agetty": b"\x7fELF", "/usr/bin/login": b"\x7fELF"}
    # As systemd brings it: getty.target hangs on multi-user.target.
    files[f"{LIB}/multi-user.target"] = b"[Unit]\nRequires=basic.target\n"
    files[f"{LIB}/multi-user.target.wants/getty.target"] = Link("../getty.target")
    if words is not None:
        files["/boot/grub/grub.cfg"] = menu(words)
    return debian({**files, **{path.replace("|", "/"): content for path, content in changes.items()}})


def alpine(inittab: bytes = ALPINE_INITTAB) -> FakeGuest:
    files = {
        "/sbin/init": Link("/bin/busybox"),
        "/bin/busybox": b"\x7fELF",
        "/sbin/getty": Link("/bin/busybox"),
        "/sbin/openrc": b"\x7fELF",
        "/etc/runlevels/default": None,
        "/etc/securetty": b"console\ntty1\n",
        "/etc/inittab": inittab,
        "/boot/extlinux.conf": b"LABEL virt\n  LINUX vmlinuz-virt\n  APPEND root=UUID=2c console=ttyS0\n",
    }
    return FakeGuest(files, facts=replace(BOOKWORM, distro="alpinelinux", version=(3, 20)))


def sles11(inittab: bytes = SLES_INITTAB) -> FakeGuest:
    files = {
        "/sbin/init": b"\x7fELF",
        "/sbin/agetty": b"\x7fELF",
        "/etc/inittab": inittab,
        "/etc/securetty": b"tty1\nttyS0\n",
        "/boot/grub/menu.lst": b"title x\nkernel /vmlinuz root=/dev/vda1\n",
    }
    return FakeGuest(files, facts=replace(BOOKWORM, distro="sles", version=(11, 4)))


def centos6(words: str = "console=tty0 console=ttyS0") -> FakeGuest:
    files = {
        "/sbin/init": b"\x7fELF",
        "/sbin/agetty": b"\x7fELF",
        "/etc/init/rcS.conf": b"start on startup\n",
        "/etc/init/serial.conf": SERIAL_CONF,
        "/etc/securetty": b"console\ntty1\n",
        "/boot/grub/grub.conf": f"title x\nkernel /vmlinuz ro root=/dev/vda1 {words}\n".encode(),
    }
    return FakeGuest(files, facts=replace(BOOKWORM, distro="centos", version=(6, 10)))


def mended(guest: FakeGuest) -> FakeGuest:
    assert check(guest, SETTINGS).status is Status.FAIL
    planned = plan(guest, SETTINGS)
    assert plan(guest, SETTINGS) == planned
    after = guest.applied(planned)
    assert check(after, SETTINGS).status is Status.PASS, check(after, SETTINGS)
    assert plan(after, SETTINGS).steps == ()
    return after


def test_systemd_serves_a_console_that_the_boot_entries_name() -> None:
    assert check(systemd(), SETTINGS).status is Status.PASS
    assert check(systemd("console=ttyS0 console=tty0"), SETTINGS).status is Status.PASS


@pytest.mark.parametrize("words", ["quiet", "console=ttyS1"])
def test_otherwise_a_link_starts_it(words: str) -> None:
    assert mended(systemd(words)).readlink(LINK) == f"{LIB}/serial-getty@.service"


def test_a_mask_is_taken_away() -> None:
    for name in ("serial-getty@ttyS0.service", "serial-getty@.service"):
        masked = systemd()
        masked.files[f"{ETC}/{name}"] = Link("/dev/null")
        assert not mended(masked).exists(f"{ETC}/{name}")


def test_the_generator_can_be_switched_off() -> None:
    for path in ("/etc/systemd/system-generators/systemd-getty-generator",):
        assert mended(systemd(**{path.replace("/", "|"): Link("/dev/null")})).exists(LINK)
    finding = check(systemd("console=ttyS0 systemd.getty_auto=no"), SETTINGS)
    assert finding.status is Status.FAIL
    assert "getty_auto" in plan(systemd("console=ttyS0 systemd.getty_auto=no"), SETTINGS).obstacle


def test_a_kernel_that_is_booted_from_outside_is_unknown() -> None:
    assert check(systemd(None), SETTINGS).status is Status.UNKNOWN
    assert check(systemd(None), Settings(console="hvc0")).status is Status.PASS


def test_alpine_gets_an_entry_and_root_may_use_it() -> None:
    after = mended(alpine())
    assert after.read("/etc/inittab") == ALPINE_INITTAB + b"ttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100\n"
    assert after.read("/etc/securetty") == b"console\ntty1\nttyS0\n"
    for line in (b"::respawn:/sbin/getty 0 /dev/console", b"ttyS0::respawn:/sbin/getty -L 0 ttyS0 vt100"):
        console = alpine(ALPINE_INITTAB.replace(b"tty1::respawn:/sbin/getty 38400 tty1", line))
        assert check(console, SETTINGS).status is Status.PASS


def test_sles_11_gets_an_entry_of_its_runlevel() -> None:
    after = mended(sles11())
    assert after.read("/etc/inittab") == SLES_INITTAB + b"S0:2345:respawn:/sbin/agetty -L ttyS0 115200 vt100\n"
    assert after.read("/etc/securetty") == b"tty1\nttyS0\n"
    other = SLES_INITTAB + b"S0:45:respawn:/sbin/agetty -L 9600 ttyS0 vt102\n"
    assert mended(sles11(other)).read("/etc/inittab").startswith(other + b"g0:2345:respawn:")


def test_centos_6_serves_the_last_console_by_its_own_job() -> None:
    assert check(centos6(), SETTINGS).status is Status.PASS
    after = mended(centos6("console=ttyS0 console=tty0"))
    assert b"exec /sbin/agetty -L ttyS0 115200 vt100" in after.read("/etc/init/ttyS0.conf")
    assert after.read("/etc/securetty").endswith(b"\nttyS0\n")


def test_ubuntu_14_gets_a_job() -> None:
    job = b"start on stopped rc RUNLEVEL=[12345]\nrespawn\nexec /sbin/getty -L 115200 ttyS0 vt102\n"
    files = {"/boot/grub/grub.cfg": menu("console=ttyS0"), "/sbin/getty": b"\x7fELF"}
    assert check(trusty({**files, "/etc/init/ttyS0.conf": job}), SETTINGS).status is Status.PASS
    mended(trusty(files))
    off = {"/etc/init/ttyS0.conf": job, "/etc/init/ttyS0.override": b"manual\n"}
    assert mended(trusty({**files, **off})).read("/etc/init/ttyS0.conf") == job


@pytest.mark.parametrize(("gone", "package"), [("/usr/sbin/agetty", "util-linux"), ("/usr/bin/login", "login")])
def test_a_getty_and_a_login_have_to_be_there(gone, package):
    guest = systemd()
    del guest.files[gone]
    assert check(guest, SETTINGS).status is Status.FAIL
    assert plan(guest, SETTINGS).steps == (InstallPackages((package,)),)


def test_a_drop_in_can_take_the_program_away_or_give_another():
    drop_in = f"{ETC}/serial-getty@ttyS0.service.d/own.conf"
    guest = systemd()
    for text, status in [
        (b"[Service]\nExecStart=\n", Status.FAIL),
        (b"[Service]\nExecStart=\nExecStart=-/opt/none -\n", Status.FAIL),
        (b"[Service]\nExecStart=\nExecStart=-/sbin/agetty -a root - $TERM\n", Status.PASS),
    ]:
        guest.files[drop_in] = text
        assert check(guest, SETTINGS).status is status
    del guest.files["/usr/bin/login"]
    guest.files[drop_in] = b"[Service]\nExecStart=\nExecStart=-/sbin/agetty -n -l /bin/sh - $TERM\n"
    assert check(guest, SETTINGS).status is Status.PASS


def test_what_a_mask_hid_is_put_right_with_it() -> None:
    masked = systemd("console=tty0")
    for name in ("serial-getty@ttyS0.service", "getty.target"):
        masked.files[f"{ETC}/{name}"] = Link("/dev/null")
    after = mended(masked)
    assert after.exists(f"{ETC}/getty.target.wants/serial-getty@ttyS0.service")
    assert not after.files.keys() & {f"{ETC}/serial-getty@ttyS0.service", f"{ETC}/getty.target"}


@pytest.mark.parametrize("word", ["systemd.mask=serial-getty@ttyS0.service", "systemd.mask=getty.target"])
def test_the_kernel_can_be_told_to_start_none(word):
    assert check(systemd(f"console=ttyS0 {word}"), SETTINGS).status is Status.FAIL


def test_recovery_entries_start_no_logins_anyway():
    both = menu("console=ttyS0") + menu("recovery nomodeset") + menu("single")
    guest = systemd()
    guest.files["/boot/grub/grub.cfg"] = both
    assert check(guest, SETTINGS).status is Status.PASS
