"""Runs the guest's own programs in the appliance, enclosed: what they start ends with them.

In name spaces of its own for processes and mounts: when the script ends, the kernel kills whatever it has started. The
guest's /tmp is a folder of the appliance's meanwhile, and its /run is empty: nothing of either gets into the image.
"""

from __future__ import annotations

import base64
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from remediations.guest import FileKind
from wizard.appliance import Appliance
from wizard.guestfs_guest import GuestfsGuest
from wizard.step_error import StepError
from wizard.visible import visible

ROOM = "/tmp/image-wizard"  # noqa: S108 - on the appliance's own disk, which is dropped with it
"""The appliance's folder for all this."""
TEMPORARY = f"{ROOM}/tmp"  # noqa: S108 - likewise
"""What the guest sees as its /tmp."""
MIB = 1024 * 1024
_OUTPUT_LIMIT = 256 * 1024
_PRINTED_LIMIT = 64 * MIB
"""What a program prints lies on the appliance's disk, and so on the host's, until it has ended."""
_TOLD = 100
"""Lines of one look that are told: more come by than anybody reads, and each costs whoever shows them."""
_CHUNK = MIB
_CALL_SECONDS = 300.0
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C",
    "TERM": "dumb",
    "SYSTEMD_OFFLINE": "1",
}
# Another root than that of process 1 is how the guest's programs know that they are not on a system that runs.
_ENCLOSED = """\
set -e
mount --make-rprivate /
mount -t proc proc /sysroot/proc
mount --rbind /dev /sysroot/dev
mount --rbind /sys /sysroot/sys
mount --bind {room}/tmp /sysroot/tmp
if [ -d /sysroot/run ]; then
  mount -t tmpfs -o mode=755 tmpfs /sysroot/run
  mkdir -p /sysroot/run/lock/subsys
  chmod 1777 /sysroot/run/lock
fi
{swap_in}
cd /
umask 022
code=0
env -i {environment} chroot /sysroot /bin/sh -c {script} || code=$?
{swap_out}
exit $code
"""
_SWAP_IN = """\
if [ -e {path} ] || [ -L {path} ]; then mv {path} {held}; fi
printf %s {content} > {path}
chmod {mode:o} {path}
"""
_SWAP_OUT = """\
rm -f {path}
if [ -e {held} ] || [ -L {held} ]; then mv {held} {path}; fi
"""
_START = """\
rm -f {room}/log {room}/code
(setsid unshare --mount --pid --fork --kill-child sh {room}/enclosed > {room}/log 2>&1 < /dev/null &
 child=$!; echo $child > {room}/child; wait $child; echo $? > {room}/code.new; mv {room}/code.new {room}/code
) > /dev/null 2>&1 < /dev/null &
"""
# What is no plain text would not come through the binding.
_LOOK = """\
printf '%s\\n' "$(cat {room}/code 2>/dev/null)"
tail -c +{begin} {room}/log 2>/dev/null | head -c {chunk} | tr -c '\\n\\r\\t -~' '?'
"""


@dataclass(frozen=True)
class Swap:
    """A file of the guest's that is another one while its programs run, and is put back exactly, or goes, after it."""

    path: str
    content: str
    mode: int


@dataclass(frozen=True)
class Ended:
    """How a script ended: the shell's exit code, and the end of what it printed."""

    code: int
    output: str


OnLine = Callable[[str], None]


class Enclosure:
    """One guest's enclosure; StepError where the guest has no place for it. ``swaps`` hold paths without links."""

    def __init__(self, appliance: Appliance, guest: GuestfsGuest, swaps: tuple[Swap, ...], on_line: OnLine) -> None:
        self._appliance, self._guest, self._swaps, self._on_line = appliance, guest, swaps, on_line
        for folder in ("/tmp", "/proc", "/dev", "/sys"):  # noqa: S108 - in the guest
            found = guest.lstat(folder)
            if found is None or found.kind is not FileKind.DIRECTORY:
                raise StepError(f"the guest's {folder} is no folder, so its programs cannot be run")
        self.ask(f"mkdir -p {TEMPORARY}; chmod 1777 {TEMPORARY}")

    def ask(self, script: str) -> str:
        """Run a script of the appliance's own programs; what it prints must be UTF-8. RuntimeError where it fails."""
        with self._appliance.limited(_CALL_SECONDS):
            return str(self._appliance.g.debug("sh", [script]))

    def run(self, script: str, seconds: float, environment: Mapping[str, str] | None = None) -> Ended:
        """Run a shell script in the guest, each line it prints told as it comes. StepError where it takes too long."""
        enclosed = enclosed_script(script, self._swaps, environment or {})
        self.ask(f"printf %s {shlex.quote(enclosed)} > {ROOM}/enclosed")
        self.ask(_START.format(room=ROOM))
        ends, pause, begin = time.monotonic() + seconds, 0.1, 1
        output = rest = ""
        while True:
            code, _, text = self.ask(_LOOK.format(room=ROOM, begin=begin, chunk=_CHUNK)).partition("\n")
            begin += len(text)
            output = (output + text)[-_OUTPUT_LIMIT:]
            *lines, rest = (rest + text).replace("\r", "\n").split("\n")
            for line in list(filter(None, map(str.strip, lines)))[-_TOLD:]:
                self._on_line(visible(line))
            if code and not text:
                self._guest.forget()
                return Ended(int(code), output)
            if time.monotonic() > ends:
                self._kill()
                raise StepError(f"it had not ended after {seconds / 60:.0f} minutes")
            if begin > _PRINTED_LIMIT:
                self._kill()
                raise StepError(f"it printed more than {_PRINTED_LIMIT // MIB} MiB")
            if not text:
                time.sleep(pause)
                pause = min(1.0, pause * 1.5)

    def _kill(self) -> None:
        self.ask(f"kill -9 $(cat {ROOM}/child) 2>/dev/null; true")  # it may have ended just now

    def read(self, path: str, limit: int) -> bytes:
        """A file of the appliance's, whole. StepError above ``limit`` bytes."""
        size = int(self.ask(f"stat -c %s {shlex.quote(path)}"))
        if size > limit:
            raise StepError(f"{size} bytes are more than can be looked at")
        parts = []
        for begin in range(1, size + 1, _CHUNK):
            line = f"tail -c +{begin} {shlex.quote(path)} | head -c {_CHUNK} | base64 -w 0"
            parts.append(base64.b64decode(self.ask(line)))
        return b"".join(parts)

    @contextmanager
    def shown(self, folder: str) -> Iterator[Any]:
        """A folder of the appliance's is the guest's /tmp in the block, for libguestfs' own calls, too."""
        self.ask(f"mount --bind {shlex.quote(folder)} /sysroot/tmp")
        self._guest.forget()
        try:
            yield self._appliance.g
        finally:
            self.ask("umount /sysroot/tmp")
            self._guest.forget()


def enclosed_script(script: str, swaps: tuple[Swap, ...], environment: Mapping[str, str]) -> str:
    """What the appliance runs for a script of the guest's."""
    swap_in, swap_out = "", ""
    for swap in swaps:
        path = shlex.quote(f"/sysroot{swap.path}")
        held = shlex.quote(f"/sysroot{swap.path}.image-wizard-held")
        swap_in += _SWAP_IN.format(path=path, held=held, content=shlex.quote(swap.content), mode=swap.mode)
        swap_out += _SWAP_OUT.format(path=path, held=held)
    words = " ".join(shlex.quote(f"{name}={value}") for name, value in (_ENVIRONMENT | dict(environment)).items())
    return _ENCLOSED.format(
        room=ROOM, swap_in=swap_in, swap_out=swap_out, environment=words, script=shlex.quote(script)
    )
