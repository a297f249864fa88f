"""``--doctor``: what this host can do, as a table; what is missing with its remedy."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import humanize

from wizard.appliance import Appliance, log_file
from wizard.errors import WizardError
from wizard.folders import cache_folder, scratch_parent

_EMULATORS = {"x86_64": "qemu-system-x86_64", "aarch64": "qemu-system-aarch64", "ppc64le": "qemu-system-ppc64"}
_ROOM = 1024**3
FAST_LIBRARIES = ("dissect.util", "dissect.hypervisor", "dissect.volume", "dissect.xfs", "dissect.database")


@dataclass(frozen=True)
class Check:
    """One row: ``state`` is ok, missing (something cannot work) or note (it works, but)."""

    name: str
    state: str
    found: str
    remedy: str = ""


def run(*, as_json: bool) -> int:
    """Print the table (or JSON); returns 0 where nothing is missing, else 1."""
    checks = list(examine())
    if as_json:
        print(json.dumps({"schema": 1, "doctor": [asdict(check) for check in checks]}, indent=2))
    else:
        for check in checks:
            print(f"{check.state:<8} {check.name:<20} {check.found}")
            if check.remedy:
                print(f"{'':<30}{check.remedy}")
    return 1 if any(check.state == "missing" for check in checks) else 0


def examine() -> Iterator[Check]:
    """Every check, in the order in which they build on each other."""
    yield from _python()
    yield _fast_reader()
    yield from _programs()
    yield _kernel(Path("/boot"))
    yield from _appliance()
    for folder in (cache_folder(), scratch_parent()):
        yield _room(folder)


def _python() -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()} ({os.path.realpath('/proc/self/exe')})")
    try:
        importlib.import_module("guestfs")
        yield Check("guestfs", "ok", "libguestfs' Python binding")
    except ImportError:
        remedy = "Run bin/setup, or install python3-guestfs (SUSE: python3-libguestfs)."
        yield Check("guestfs", "missing", "libguestfs' Python binding cannot be imported", remedy)


def _fast_reader() -> Check:
    missing = [name for name in FAST_LIBRARIES if not _found(name)]
    if not missing:
        return Check("fast reader", "ok", "checks need no appliance")
    told = f"without {', '.join(missing)} some or all checks go through the appliance, and are slower"
    return Check("fast reader", "note", told, "Run bin/setup, or install image-wizard[fast].")


def _found(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even what it would be a part of
        return False
    except ValueError:  # it is loaded, by whoever left out where it came from
        return True


def _programs() -> Iterator[Check]:
    for name in ("qemu-img", "qemu-io", "prlimit", "setpriv"):
        path = shutil.which(name)
        if path:
            yield Check(name, "ok", path)
        else:
            package = (
                "util-linux" if name in ("prlimit", "setpriv") else "qemu-utils (Fedora, SUSE: qemu-img, qemu-tools)"
            )
            yield Check(name, "missing", "not found", f"Run bin/setup, or install {package}.")
    wanted = _EMULATORS.get(platform.machine(), f"qemu-system-{platform.machine()}")
    # Enterprise Linux hides its emulator from PATH.
    emulator = shutil.which(wanted) or shutil.which("qemu-kvm", path="/usr/libexec:" + os.environ.get("PATH", ""))
    if emulator:
        yield Check("emulator", "ok", emulator)
    else:
        yield Check("emulator", "missing", f"no {wanted}", "Run bin/setup, or install your distribution's QEMU.")


def _kernel(boot: Path) -> Check:
    """libguestfs boots a kernel of the host's, which Ubuntu lets only root read."""
    kernels = sorted(boot.glob("vmlinuz*")) + sorted(Path("/lib/modules").glob("*/vmlinuz"))
    readable = [kernel for kernel in kernels if os.access(kernel, os.R_OK)]
    if readable:
        return Check("kernel", "ok", str(readable[-1]))
    if kernels:
        remedy = f"sudo chmod 0644 {boot}/vmlinuz-*   (again after each kernel update)"
        return Check("kernel", "missing", f"{kernels[-1]} is there, but you may not read it", remedy)
    remedy = "Run bin/setup, or install a kernel (linux-image-cloud-amd64 on Debian is the smallest)."
    return Check("kernel", "missing", f"no kernel in {boot} for the appliance", remedy)


def _kvm(emulated: bool) -> Check:
    if not Path("/dev/kvm").exists():
        return Check("kvm", "note", "no /dev/kvm: the appliance is emulated, which works but is slower")
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        remedy = "Add yourself to the group kvm: sudo usermod -aG kvm $USER"
        return Check("kvm", "note", "you may not use /dev/kvm: the appliance is emulated, and slower", remedy)
    if emulated:
        return Check("kvm", "note", "/dev/kvm opens, but the appliance does not start with it: emulated instead")
    return Check("kvm", "ok", "/dev/kvm works")


def _appliance() -> Iterator[Check]:
    with tempfile.NamedTemporaryFile(suffix=".raw") as disk:
        disk.truncate(1024**2)
        appliance = Appliance(Path(disk.name), "raw", readonly=True)
        said: list[str] = []
        begun = time.monotonic()
        try:
            appliance.launch(said.append)
        except WizardError as error:
            yield Check("appliance", "missing", error.message, f"The log is {log_file()}.")
            return
        except ImportError:
            return  # told above
        took = time.monotonic() - begun
        emulated = "emulation" in said[-1]
        yield Check("appliance", "ok", f"starts in {took:.0f} s, {'emulated' if emulated else 'with KVM'}")
        yield _kvm(emulated)
        with contextlib.suppress(RuntimeError):
            if not appliance.g.feature_available(["xfs"]):
                yield Check("xfs", "missing", "no XFS", "Install libguestfs-xfs.")
        appliance.close()


def _room(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    told = f"{humanize.naturalsize(free, binary=True)} free in {folder}"
    if free < _ROOM:
        return Check("room", "missing", told, "Make room: a stage may need as much as its fixes write.")
    return Check("room", "ok", told)
