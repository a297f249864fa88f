"""Starts libguestfs' appliance: KVM first, emulation when that fails, and what worked is remembered."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wizard.errors import Cancelled, OpenError, WizardError
from wizard.folders import cache_folder, log_folder

LAUNCH_SECONDS = 300.0
"""How long a start may take; an emulated one on a loaded host takes 30 s."""
KVM_SILENCE = 15.0
"""How long a qemu with KVM may say nothing while it comes up, which takes five seconds: a broken KVM may also hang."""

_TICK = 0.5
log = logging.getLogger(__name__)


class Appliance:
    """One drive in one appliance. All calls but :meth:`kill` come from one thread.

    ``g`` is libguestfs' handle, there after :meth:`launch`. Its Python methods raise RuntimeError.
    """

    g: Any

    def __init__(
        self,
        path: Path,
        image_format: str,
        *,
        readonly: bool,
        seconds: float = LAUNCH_SECONDS,
        network: bool = False,
    ) -> None:
        self._path, self._format, self._readonly, self._seconds = path, image_format, readonly, seconds
        self._network = network
        self._killed = threading.Event()
        self._why: WizardError | None = None
        self._expired = False
        self._launching = False
        self._heard = 0.0
        self.g = None

    def launch(self, on_progress: Callable[[str], None]) -> None:
        """Start it. OpenError where neither KVM nor emulation works; after :meth:`kill` what that was given."""
        accelerators = _accelerators()
        for accelerator in accelerators:
            on_progress(f"Starting the appliance ({'KVM' if accelerator == 'kvm' else 'emulation'})")
            failure = self._try_kvm() if accelerator == "kvm" else self._try(accelerator)
            if failure is None:
                if len(accelerators) > 1:
                    _remember(accelerator)
                return
            log.warning("launch with %s failed: %s", accelerator, failure)
            if self._why is not None:
                raise self._why
            if self._expired:
                break
        if self._expired:
            failure = f"it had not started after {self._seconds:.0f} seconds"
        raise OpenError(
            "appliance",
            f"The libguestfs appliance did not start: {failure}. The image is as it was.",
            f"Run `image-wizard --doctor`; the log is {log_file()}.",
        )

    def _try_kvm(self) -> str | None:
        """A start with KVM, given up where its qemu falls silent."""
        ended, hung = threading.Event(), threading.Event()
        others = {pid for pid, _, _ in _children()}

        def watch() -> None:
            # Its age counts, not the start's: building the appliance's files comes first and may take long.
            while not ended.wait(_TICK):
                if time.monotonic() - self._heard < KVM_SILENCE:
                    continue
                for pid, name, age in _children():
                    if pid not in others and name.startswith("qemu") and age > KVM_SILENCE:
                        hung.set()
                        _kill(pid)

        watcher = threading.Thread(target=watch, name="kvm", daemon=True)
        watcher.start()
        try:
            failure = self._try("kvm")
        finally:
            ended.set()
            watcher.join()
        return f"it hung for {KVM_SILENCE:.0f} seconds" if failure and hung.is_set() else failure

    def _try(self, accelerator: str) -> str | None:
        """One start; None where it came up, else the reason that it did not."""
        import guestfs  # slow to import, and absent where only the journal is asked for

        g = guestfs.GuestFS(python_return_dict=True)
        try:
            if "LIBGUESTFS_BACKEND" not in os.environ:
                g.set_backend("direct")  # libvirt would ask for its own permissions on the image
            # Programs of before 2012 call the kernel where today's would no longer answer: CentOS 6's shell dies of it.
            words = [g.get_append(), "vsyscall=emulate"]
            if accelerator == "tcg":
                g.set_backend_setting("force_tcg", "1")
                # An emulator translates code by its address: with every program at another one, each start of a
                # program is translated anew. Without, the guest's own update-grub takes a third of the time.
                words.insert(1, "norandmaps")
            g.set_append(" ".join(filter(None, words)))
            g.set_network(self._network)
            g.set_pgroup(True)  # an interrupt from the keyboard is for us to handle, not for qemu
            g.set_event_callback(self._listen, guestfs.EVENT_APPLIANCE | guestfs.EVENT_LIBRARY | guestfs.EVENT_WARNING)
            if not self._readonly:
                # The overlay is made durable when it is committed; until then it may be lost.
                g.add_drive_opts(str(self._path), format=self._format, readonly=False, cachemode="unsafe")
            else:
                g.add_drive_opts(str(self._path), format=self._format, readonly=True)
            if self._killed.is_set():
                raise RuntimeError("interrupted")
            self._launching = True
            with self.limited(self._seconds):
                g.launch()
        except (RuntimeError, UnicodeError) as error:
            g.close()
            return str(error).split("\n", 1)[0].rstrip(".")
        finally:
            self._launching = False
        if self._killed.is_set():  # killed in the very moment that it came up
            g.close()
            return "interrupted"
        self.g = g
        return None

    def _listen(self, _event: int, _handle: int, buffer: str | None, _array: object) -> None:
        self._heard = time.monotonic()
        log.debug("appliance: %s", (buffer or "").rstrip())

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Kill the appliance when the block takes longer: the call in it then raises RuntimeError."""
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self._expired = True
        _kill_children()

    @property
    def why(self) -> WizardError | None:
        """Why it was ended by :meth:`kill`, for the call under way to raise; None where it was not."""
        return self._why

    @property
    def alive(self) -> bool:
        """Whether it can still be asked: a qemu that died in between two calls is not noticed by the handle."""
        if self.g is None or self._expired or self._killed.is_set() or not self.g.is_ready():
            return False
        return any(pid == self.g.get_pid() for pid, _, _ in _children())

    @property
    def expired(self) -> bool:
        """Whether a :meth:`limited` block ran out of time."""
        return self._expired

    def kill(self, why: WizardError | None = None) -> None:
        """From any thread: end it now, because of Cancelled unless told; the call under way raises RuntimeError."""
        self._why = self._why or why or Cancelled()
        self._killed.set()
        _kill_children()
        if self._launching:
            threading.Thread(target=self._keep_killing, name="killer", daemon=True).start()

    def _keep_killing(self) -> None:
        # In the midst of a start there may be no process yet; it would come up after all.
        while self._launching:
            _kill_children()
            time.sleep(0.1)

    def shutdown(self) -> None:
        """Unmount, flush and end it. RuntimeError where the last writes could not be flushed."""
        g, self.g = self.g, None
        if g is None:
            return
        try:
            g.umount_all()
            g.shutdown()
        finally:
            g.close()

    def close(self) -> None:
        """End it, whatever was written. Safe to call twice."""
        g, self.g = self.g, None
        if g is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                # What is in it is not wanted: a flush would take time, and for ever where the host's disk is full.
                _kill(g.get_pid())
            g.close()


def log_file() -> Path:
    """The log of this process's appliances."""
    return log_folder() / "appliance.log"


def _kill_children() -> None:
    """Kill this process's own qemu. The handle cannot be asked for it: it is locked by the call under way."""
    for pid, name, _ in _children():
        if name.startswith(("qemu", "supermin")):
            _kill(pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(OSError):  # it ended meanwhile
        os.kill(pid, signal.SIGKILL)


def _children() -> Iterator[tuple[int, str, float]]:
    """The number, name and age in seconds of each process below this one that has not ended."""
    us = str(os.getpid())
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text(errors="replace").partition(" (")[2].rpartition(") ")
            fields = rest.split(" ")  # from the third on: see proc(5)
            if fields[1] == us and fields[0] != "Z":
                since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
                yield int(entry.parent.name), name, time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile


def _accelerators() -> tuple[str, ...]:
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ("tcg",)
    if _remembered() == "tcg":
        return ("tcg",)
    return ("kvm", "tcg")


def _memory() -> Path:
    return cache_folder() / "accelerator.json"


def _host_key() -> str:
    """Changes with every start of the host: a KVM that was broken may be mended by then."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _remembered() -> str | None:
    try:
        stored = json.loads(_memory().read_text())
    except (OSError, ValueError):
        return None
    return stored["accelerator"] if isinstance(stored, dict) and stored.get("host") == _host_key() else None


def _remember(accelerator: str) -> None:
    draft = _memory().with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
    with contextlib.suppress(OSError):  # only the next start is slower without it
        draft.write_text(json.dumps({"host": _host_key(), "accelerator": accelerator}))
        draft.replace(_memory())
