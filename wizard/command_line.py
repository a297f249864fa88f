"""The command line's definition: ``--help``, the manual page and the shells' completion are all made from it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import wizard
from wizard import choices, completion, config, manual, short_help


class Parser(argparse.ArgumentParser):
    """A parser whose ``--help`` fits a terminal of 80x24; the manual page has the rest."""

    def format_help(self) -> str:
        """The short help."""
        return short_help.text(self)


def parser() -> argparse.ArgumentParser:
    """The command line. Of an option's help, ``--help`` shows the first sentence and the manual all."""
    made = Parser(
        prog="image-wizard",
        usage="image-wizard [IMAGE...] [MODE] [OPTION...]",
        description="Check a VM image against the OpenStack image guide, fix it, take it back.",
        add_help=False,
    )
    made.add_argument("images", metavar="IMAGE", nargs="*", type=Path, help="an image file, or a folder")
    _modes(made.add_argument_group("modes"))
    _options(made.add_argument_group("options"))
    _settings(made.add_argument_group("settings"))
    _about(made.add_argument_group("about"))
    return made


def _modes(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--demo",
        action="store_true",
        help="the wizard on a fresh copy of the bundled demo image. With another mode: that, on such a copy.",
    )
    one = group.add_mutually_exclusive_group()
    one.add_argument(
        "--check",
        action="store_true",
        help="report how the images stand. No byte of them is changed. A folder stands for the images in it.",
    )
    one.add_argument(
        "--apply-all",
        action="store_true",
        help="apply every fix that is on offer. --only and --skip narrow it; --dry-run shows what it would do.",
    )
    one.add_argument(
        "--undo",
        nargs="?",
        const=0,
        type=int,
        metavar="N",
        help="take back the newest change, or N and all after. The disk's content is what it was, bit for bit; where "
        "something else has written there since, it refuses.",
    )
    one.add_argument(
        "--revert",
        type=int,
        metavar="N",
        help="take back change N alone, file by file. What others have touched since is left alone, and named.",
    )
    one.add_argument("--journal", action="store_true", help="what was done to the image")
    one.add_argument("--explain", metavar="ID", help="what a requirement means, and what its fix does")
    one.add_argument(
        "--doctor",
        action="store_true",
        help="what this host can do. libguestfs, a readable kernel, KVM that works, room on the disk.",
    )


def _options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--only", metavar="ID,ID", help="with --apply-all: these fixes alone")
    group.add_argument("--skip", metavar="ID,ID", help="with --apply-all: not these fixes")
    group.add_argument(
        "--dry-run",
        action="store_true",
        help="with --apply-all, --revert: diff only. The changes are staged, shown with the report after them, and "
        "discarded.",
    )
    group.add_argument("--jobs", type=_jobs, metavar="N", help="with --check: images at a time (one a processor)")
    group.add_argument(
        "--properties", action="store_true", help="the openstack command that gives the image its properties in Glance"
    )
    group.add_argument("--json", action="store_true", help="print one JSON document")

    group.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the results to FILE, too: .json, .md, .html, .xml or .junit. With --check, --apply-all and "
        "--revert; it may be given several times. The suffix says in which format, .xml and .junit both being JUnit's. "
        "The file is written when all images are done, and replaces an older one at once.",
    )
    group.add_argument(
        "--strict",
        action="store_true",
        help="good practice counts like what is required. In the exit code of --check and --apply-all, and as failures "
        "in a JUnit report.",
    )


def _settings(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--user", metavar="NAME", help="the account that gets the key")
    group.add_argument("--console", metavar="DEVICE", help="the kernel's console (ttyS0 on x86)")
    group.add_argument("--hypervisor", choices=choices.HYPERVISORS, help="what the image is for (kvm)")
    group.add_argument("--key-fetch", choices=choices.KEY_FETCHES, help="what fetches the ssh key (auto)")
    group.add_argument(
        "--network",
        action=argparse.BooleanOptionalAction,
        help="install packages from the guest's repositories. Off unless given.",
    )
    group.add_argument("--packages", metavar="FOLDER", help="install packages from the files in this folder")
    group.add_argument("--key-file", type=Path, metavar="FILE", help="a LUKS passphrase")
    group.add_argument("--root", metavar="DEVICE", help="which of several systems in the image")
    group.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="where journals and undo data live (beside the image)"
    )
    group.add_argument(
        "--reader",
        choices=("auto", "appliance"),
        default="auto",
        help="auto: no appliance where none is needed. appliance: everything is read through libguestfs.",
    )
    group.add_argument("--theme", choices=config.THEMES, help="the wizard's colours (dark). ansi: the terminal's own.")
    group.add_argument("--mouse", action=argparse.BooleanOptionalAction, help="whether the wizard uses the mouse (yes)")
    group.add_argument("--config", type=Path, metavar="FILE", help="settings from this file")


def _about(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-h", "--help", action="help", help="a help that fits a screen")
    group.add_argument("--man", action=_Print, nargs=0, made=manual.page, help="the manual page, for man -l -")
    group.add_argument(
        "--completion",
        action=_Print,
        choices=tuple(completion.SHELLS),
        made=completion.script,
        help="what makes a shell complete the options of image-wizard",
    )
    group.add_argument("--version", action="version", version=f"image-wizard {wizard.__version__}", help="the version")


class _Print(argparse.Action):
    """Prints what ``made`` makes of the command line, and ends: as ``--help`` and ``--version`` do."""

    def __init__(self, *words: Any, made: Callable[..., str], **more: Any) -> None:
        super().__init__(*words, **more)
        self._made = made

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        given = (values,) if isinstance(values, str) else ()
        try:
            print(self._made(parser, *given), end="", flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a pager was left: nothing is wrong
        parser.exit()


def _jobs(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1024:
        raise argparse.ArgumentTypeError("from 1 to 1024")
    return number
