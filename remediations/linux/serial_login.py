"""What starts a login on a terminal, init by init: systemd's generator and links, upstart's jobs, inittab, OpenRC."""

from __future__ import annotations

import posixpath
import re

from remediations.guest import Guest
from remediations.linux import boot_arguments, getty_program, inittab, presets, systemd, upstart
from remediations.linux.after import After
from remediations.linux.console_device import SPEED
from remediations.linux.fault import Edit, Fault
from remediations.linux.init_system import Init, detect
from remediations.linux.text import numbered
from remediations.vocabulary import Evidence, MakeLink, RemoveFile, WriteFile

_OWN_GENERATORS = ("/etc/systemd/system-generators", "/usr/local/lib/systemd/system-generators")
_GENERATOR = "systemd-getty-generator"
_ALWAYS = ("hvc0", "xvc0", "hvsi0", "sclp_line0", "ttysclp0")
"""Consoles of virtual machines, which systemd's generator serves without being told."""
_SECURETTY = "/etc/securetty"
_GETTY = re.compile(r"\b[a-z]*getty\b")


def faults(guest: Guest, device: str, told: bool | None, last: bool) -> tuple[Fault, ...]:
    """What keeps a login from the device.

    ``told``: the kernel gets it as a console in every boot entry (None: not known); ``last``: as the last one, so
    that it is /dev/console.
    """
    init = detect(guest)
    if init is Init.SYSTEMD:
        return _systemd(guest, device, told)
    names = (device, "console") if last else (device,)
    if init is Init.UPSTART:
        if last and _red_hat_job(guest, device):
            return ()
        started = any(word in names for words in _jobs(guest) for word in words)
        return () if started else (*_job_missing(guest, device), *_root(guest, device))
    served = any(word in names for login in inittab.logins(guest) for word in login.words)
    if init is Init.OPENRC:
        served = served or bool(guest.glob(f"/etc/runlevels/*/agetty.{device}"))
    return () if served else (*_entry_missing(guest, device), *_root(guest, device))


def _systemd(guest: Guest, device: str, told: bool | None) -> tuple[Fault, ...]:
    """The generator serves every console that the kernel has (systemd-getty-generator(8)); links serve any line."""
    name = f"serial-getty@{device}.service"
    unit = systemd.find_unit(guest, name)
    for masked in (unit, systemd.find_unit(guest, "getty.target")):
        if path := masked.masked_by:
            place = systemd.evidence_of_link(guest, path)
            if path.startswith(systemd.ETC + "/"):
                steps = (RemoveFile(path),)
                left = _systemd(After(guest, steps), device, told)  # what a mask hid is told, and put right, with it
                return (Fault(f"{masked.name} is masked", (place,), steps=steps), *left)
            return (Fault(f"{masked.name} is masked", (place,), obstacle=f"{path} belongs to a package"),)
    if unit.path is None:
        return (Fault("systemd has no serial-getty@.service", obstacle="Install systemd's serial-getty@.service"),)
    link = f"{systemd.ETC}/getty.target.wants/{name}"
    if stopped := (
        *boot_arguments.faults(guest, frozenset((name, "getty.target"))),
        *getty_program.faults(guest, unit),
    ):
        return stopped
    undone = presets.undone(guest, "serial-getty@.service")
    if systemd.starting_links(guest, unit) and not undone:
        return ()
    if (told or device in _ALWAYS) and _generates(guest):
        return ()
    if undone:
        why = "let the boot entries name the console (console-log): systemd then starts a login there by itself"
        return (Fault(f"Nothing starts {name}, and a first boot would remove its link", undone, obstacle=why),)
    sentence = f"Nothing starts {name}"
    if told is None:
        return (Fault(f"{sentence}, unless the kernel is given the console from outside", certain=False),)
    return (Fault(sentence, (Evidence(link),), steps=(MakeLink(link, unit.path),)),)


def _generates(guest: Guest) -> bool:
    """Whether systemd's generator, which comes in one package with the unit, is not switched off by a mask."""
    return not any(guest.lstat(f"{folder}/{_GENERATOR}") for folder in _OWN_GENERATORS)


def _red_hat_job(guest: Guest, device: str) -> bool:
    """Whether EL 6's job is there, which a udev rule starts where /dev/console is a serial line.

    It adds the device to /etc/securetty itself.
    """
    line = upstart.starting_line(guest, "serial")
    return line is not None and "serial-console-available" in line.text and device.startswith("ttyS")


def _jobs(guest: Guest) -> list[list[str]]:
    """The words of the lines by which upstart's jobs start a getty, ``/dev/`` taken away."""
    found = []
    for path in guest.glob("/etc/init/*.conf"):
        name = posixpath.basename(path).removesuffix(".conf")
        if upstart.starting_line(guest, name) is None:
            continue
        for _, line in numbered(guest.read(path)):
            if _GETTY.search(line) and not line.lstrip().startswith("#"):
                found.append([word.strip("\"'").removeprefix("/dev/") for word in line.split()])
    return found


def _job_missing(guest: Guest, device: str) -> tuple[Fault, ...]:
    path, sentence = upstart.job(device), f"No job starts a login on {device}"
    if guest.exists(upstart.override(device)):
        place = Evidence(upstart.override(device))
        steps = upstart.enable_steps(guest, device)
        return (Fault(sentence, (place,), steps=steps, obstacle=f"{place.path} keeps a job from starting"),)
    job = (
        "# A login on the serial console.\nstart on stopped rc RUNLEVEL=[2345]\nstop on runlevel [!2345]\n\nrespawn\n"
        f"exec {_program(guest)} -L {device} {SPEED} vt100\n"
    )
    return (Fault(sentence, (Evidence(path),), steps=(WriteFile(path, job.encode()),)),)


def _entry_missing(guest: Guest, device: str) -> tuple[Fault, ...]:
    command = f"{_program(guest)} -L {device} {SPEED} vt100"
    edit = Edit(inittab.PATH, lambda content: inittab.with_login(content, device, command))
    return (Fault(f"No entry of {inittab.PATH} starts a login on {device}", (Evidence(inittab.PATH),), edits=(edit,)),)


def _program(guest: Guest) -> str:
    """The getty that knows serial lines; mingetty does not."""
    known = ("/sbin/agetty", "/sbin/getty", "/usr/sbin/agetty", "/bin/getty")
    return next((path for path in known if guest.lstat(path)), "/sbin/getty")


def _root(guest: Guest, device: str) -> tuple[Fault, ...]:
    """Where there is an /etc/securetty, root can log in on the terminals alone that it names (securetty(5)).

    That goes with a login that we add; beside one that is there it is the administrator's choice.
    """
    if not guest.exists(_SECURETTY):
        return ()
    if any(line.split("#")[0].strip().removeprefix("/dev/") == device for _, line in numbered(guest.read(_SECURETTY))):
        return ()

    def added(content: bytes) -> bytes:
        joint = b"\n" if content and not content.endswith(b"\n") else b""
        return content + joint + f"{device}\n".encode()

    sentence = f"root cannot log in on {device}: {_SECURETTY} does not name it"
    return (Fault(sentence, (Evidence(_SECURETTY),), edits=(Edit(_SECURETTY, added),)),)
