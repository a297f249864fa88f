"""What a scripted engine finds and changes: nine findings, files before and after, a journal; plain and hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from remediations.guest import FileKind, GuestFacts
from remediations.vocabulary import Evidence, Finding, Level, Plan, Requirement, Status
from wizard.change import Change, CommandResult, FileChange, FileState, State
from wizard.image import Image
from wizard.report import Assessment, Fix, Report

MIB = 1024**2
HOSTILE = "[/x][@click=app.quit]x[/]\x1b[2J\u202e\ud800"
PATH = Path("/images/bookworm-base.qcow2")


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.time = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def tick(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def _requirement(requirement_id: str, title: str, guide: str) -> Requirement:
    def no_check(*_: object) -> Finding:
        raise AssertionError("screens never check")

    def no_plan(*_: object) -> Plan:
        raise AssertionError("screens never plan")

    return Requirement(requirement_id, title, Level.REQUIRED, guide, no_check, no_plan)


def _assessment(
    requirement_id: str,
    title: str,
    guide: str,
    status: Status,
    summary: str,
    evidence: tuple[Evidence, ...] = (),
    fix: Fix | None = None,
) -> Assessment:
    return Assessment(_requirement(requirement_id, title, guide), Finding(status, summary, evidence), fix)


ASSESSMENTS = (
    _assessment(
        "root-resize",
        "The root partition grows at boot",
        "Disk partitions and resize root partition on boot",
        Status.PASS,
        "cloud-init grows partition 1, the last on the disk, and its ext4 file system",
        (Evidence("/etc/cloud/cloud.cfg", 31, " - growpart"), Evidence("/etc/cloud/cloud.cfg", 32, " - resizefs")),
    ),
    _assessment(
        "mac-address",
        "No rule or profile ties the network to a MAC address",
        "No hard-coded MAC address information",
        Status.FAIL,
        "eth0 is tied to the MAC address 00:50:56:aa:bb:cc",
        (
            Evidence(
                "/etc/udev/rules.d/70-persistent-net.rules",
                2,
                'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="00:50:56:aa:bb:cc", NAME="eth0"',
            ),
        ),
        Fix(True, "Empty /etc/udev/rules.d/70-persistent-net.rules, so that the generator cannot fill it again"),
    ),
    _assessment(
        "ssh-server",
        "An SSH server starts at boot",
        "Ensure ssh server runs",
        Status.FAIL,
        "openssh-server is not installed",
        (Evidence("/var/lib/dpkg/status"),),
        Fix(False, "Install openssh-server; its unit is enabled by the package", ("package openssh-server",)),
    ),
    _assessment(
        "firewall",
        "No host firewall starts at boot",
        "Disable firewall",
        Status.PASS,
        "No firewall is installed",
    ),
    _assessment(
        "ssh-key",
        "The instance's public key reaches an account",
        "Access instance by using ssh public key",
        Status.PASS,
        "cloud-init puts the key into the account debian",
        (Evidence("/etc/cloud/cloud.cfg", 80, "     name: debian"),),
    ),
    _assessment(
        "cloud-user",
        "The account that gets the key is known",
        "Use cloud-init to fetch the public key",
        Status.PASS,
        "The account is debian",
        (Evidence("/etc/cloud/cloud.cfg", 80, "     name: debian"),),
    ),
    _assessment(
        "user-data",
        "User data is processed at first boot",
        "Process user data and other metadata",
        Status.UNKNOWN,
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg cannot be understood as YAML",
        (Evidence("/etc/cloud/cloud.cfg.d/90_dpkg.cfg", 3, "datasource_list: [ OpenStack, None"),),
        Fix(False, "No safe fix: a file that cannot be understood is never rewritten"),
    ),
    _assessment(
        "console-log",
        "The boot log goes to the serial console",
        "Ensure image writes boot log to console",
        Status.FAIL,
        "2 of 2 boot entries do not pass console=ttyS0",
        (
            Evidence("/etc/default/grub", 9, 'GRUB_CMDLINE_LINUX=""'),
            Evidence("/boot/grub/grub.cfg", 108, "\tlinux\t/boot/vmlinuz-6.1.0-31-amd64 root=UUID=5d2e ro quiet"),
        ),
        Fix(True, "Add console=tty0 console=ttyS0,115200n8 to GRUB_CMDLINE_LINUX and generate grub.cfg again"),
    ),
    _assessment(
        "xen-kernel",
        "The kernel runs paravirtualized on Xen",
        "Paravirtualized Xen support",
        Status.SKIPPED,
        "Asked for KVM; --hypervisor xen checks it",
    ),
)
FACTS = GuestFacts("debian", "Debian GNU/Linux 12 (bookworm)", (12, 0), "x86_64", "deb", "/dev/sda1")
IMAGE = Image(PATH, "qcow2", 2048 * MIB, 612 * MIB, (), False, "")
REPORT = Report(FACTS, ASSESSMENTS)


def file_state(content: bytes) -> FileState:
    return FileState(FileKind.FILE, 0o644, 0, 0, content)


GRUB_BEFORE = b"# See info -f grub\nGRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n" + b'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'
FILES = {
    "mac-address": (
        FileChange(
            "/etc/udev/rules.d/70-persistent-net.rules",
            file_state(b"# PCI device 0x15ad:0x07b0\n" + ASSESSMENTS[1].finding.evidence[0].text.encode() + b"\n"),
            file_state(b""),
        ),
    ),
    "console-log": (
        FileChange(
            "/etc/default/grub",
            file_state(GRUB_BEFORE + b'GRUB_CMDLINE_LINUX=""\n'),
            file_state(GRUB_BEFORE + b'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8"\n'),
        ),
        FileChange(
            "/boot/grub/grub.cfg",
            file_state(b"menuentry 'Debian GNU/Linux' {\n\tlinux\t/vmlinuz root=UUID=5d2e ro quiet\n}\n"),
            file_state(
                b"menuentry 'Debian GNU/Linux' {\n"
                b"\tlinux\t/vmlinuz root=UUID=5d2e ro console=tty0 console=ttyS0,115200n8 quiet\n}\n"
            ),
            generated=True,
        ),
    ),
}
FIXED = {
    "mac-address": "Nothing names a network card by its MAC address",
    "console-log": "Both boot entries pass console=ttyS0",
}
"""What is said of a requirement once its fix is staged."""
COMMAND = CommandResult(
    ("update-grub",),
    "Generating grub configuration file ...\nFound linux image: /boot/vmlinuz-6.1.0-31-amd64\ndone\n",
)


def hostile_report() -> Report:
    """Every string that could come from a guest, poisoned."""
    poisoned = [
        replace(
            assessment,
            finding=Finding(
                assessment.finding.status, f"says {HOSTILE}", (Evidence(f"/etc/{HOSTILE}", 1, f"{HOSTILE}\n"),)
            ),
            fix=replace(assessment.fix, summary=f"edit {HOSTILE}") if assessment.fix else None,
        )
        for assessment in ASSESSMENTS
    ]
    return Report(replace(FACTS, product=f"Evil {HOSTILE}", arch=HOSTILE), tuple(poisoned), (f"warns {HOSTILE}",))


def clean_report() -> Report:
    """A guest as the guide wants it: everything passes or does not apply, and there is nothing to fix."""
    found = [
        a if a.finding.status in (Status.PASS, Status.SKIPPED) else replace(a, finding=Finding(Status.PASS, "As asked"))
        for a in ASSESSMENTS
    ]
    return Report(FACTS, tuple(replace(assessment, fix=None) for assessment in found))


def make_change(number: int, state: State = State.COMMITTED, hours: float = 3, note: str = "") -> Change:
    """A change of the journal, some hours before the fake clock's beginning."""
    return Change(
        number,
        "fix",
        state,
        FakeClock().time - timedelta(hours=hours),
        "root",
        "0.1.0",
        ("mac-address", "console-log"),
        FILES["mac-address"] + FILES["console-log"],
        (COMMAND,),
        734003 if state is State.COMMITTED else None,
        note,
    )
