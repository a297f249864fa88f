"""rc.local, or what stands in for it: does the boot fetch the instance's key for root, and what would make it."""

from __future__ import annotations

from remediations.guest import FileKind, Guest
from remediations.linux import boot_place, boot_scripts, key_script
from remediations.linux.boot_place import BootPlace
from remediations.linux.fault import Fault, lacking, with_steps
from remediations.vocabulary import Evidence, PlanError, SetMode, Step, WriteFile


def key_fetch(guest: Guest) -> tuple[Evidence, ...]:
    """The lines of a script that a boot runs and that put the metadata's key into root's authorized_keys.

    Empty where there is none, or it is not executable.
    """
    for place in boot_place.places(guest):
        if not place.runs or not boot_scripts.is_program(guest, place.path):
            continue
        if found := key_script.fetches(guest, place.path, guest.read(place.path)):
            return found
    return ()


def missing(guest: Guest, sentence: str) -> Fault:
    """No boot script fetches the key, as a fault, with what puts one there."""
    where = tuple(Evidence(place.path, text="fetches no key") for place in boot_place.places(guest)[:1])
    if not any(key_script.has_program(guest, tool) for tool in key_script.TOOLS):
        return lacking(guest, f"{sentence} (nor is there curl or wget to fetch it with)", where, "curl")
    return with_steps(sentence, where, lambda: install_steps(guest))


def install_steps(guest: Guest) -> tuple[Step, ...]:
    """What puts the key-fetch script where the boot runs it, after the network. Raises PlanError."""
    problems = []
    for place in boot_place.places(guest):
        try:
            return _into(guest, place)
        except PlanError as error:
            problems.append(str(error))
    raise PlanError("; ".join(problems))


def _into(guest: Guest, place: BootPlace) -> tuple[Step, ...]:
    if place.obstacle:
        raise PlanError(place.obstacle)
    path = place.path
    if guest.lstat(path) is None:
        return (*place.steps, WriteFile(path, key_script.WHOLE, 0o755))
    found = guest.stat(path)
    if found is None or found.kind is not FileKind.FILE:
        raise PlanError(f"{path} is neither a file nor a link to one")
    before = guest.read(path)
    asleep = not place.runs or not found.mode & 0o111 or not before.startswith(b"#!")
    if asleep and (command := key_script.dormant(before, path)):
        line = command.evidence.line
        raise PlanError(
            f"{path} does not run today, and making it run would also bring back its line {line}, "
            f"{command.text[:60]}: remove what it should not do, or make it executable yourself"
        )
    steps = list(place.steps)
    after = key_script.install(before, path)
    if after != before:
        steps.append(WriteFile(path, after))
    if not found.mode & 0o111:
        steps.append(SetMode(path, found.mode | 0o111))
    return tuple(steps)
