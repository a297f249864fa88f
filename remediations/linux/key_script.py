"""The boot script that fetches the instance's key for root, and how one is recognised in a script of the guest's.

It does what the guide's does, without its faults: the temporary file is private, curl, wget or Python serves, no key is
added twice, modes are set, and it cannot end the script that it stands in.
"""

from __future__ import annotations

import re

from remediations.guest import Guest
from remediations.linux import boot_scripts
from remediations.linux.shell_blocks import Blocks, blocks_after, is_plain_exit
from remediations.linux.text import decode, encode, split_lines
from remediations.vocabulary import Evidence, PlanError

TOOLS = ("curl", "wget", "python3", "python", "python2")
"""What the key can be fetched with; busybox has a wget too."""
BEGIN = "# BEGIN image-wizard ssh-key"
END = "# END image-wizard ssh-key"
SCRIPT = f"""\
{BEGIN}
# Adds the instance's public key to root's authorized_keys. Everything down to END may be removed.
(
    home=/root
    pause=5
    url=http://169.254.169.254/latest/meta-data/public-keys/0/openssh-key
    keys=$home/.ssh/authorized_keys
    umask 077
    # Busybox's wget may know no -T and crash on it; an old busybox's timeout is called otherwise.
    limit=
    timeout 10 true >/dev/null 2>&1 && limit="timeout 10"
    fetched=$(mktemp) || exit 1
    trap 'rm -f "$fetched"' EXIT
    fetch() {{
        if command -v curl >/dev/null 2>&1; then
            curl -fsS -m 10 -o "$fetched" "$url"
        elif command -v wget >/dev/null 2>&1; then
            $limit wget -q -t 1 -O "$fetched" "$url"
        else
            for python in python3 python python2; do
                command -v "$python" >/dev/null 2>&1 && break
            done
            "$python" -c 'import shutil, sys
try:
    from urllib.request import urlopen
except ImportError:
    from urllib2 import urlopen
shutil.copyfileobj(urlopen(sys.argv[1], timeout=10), getattr(sys.stdout, "buffer", sys.stdout))' "$url" >"$fetched"
        fi && grep -Eq '^(ssh|ecdsa|sk)-' "$fetched"
    }}
    attempt=1
    until fetch; do
        if [ "$attempt" -ge 30 ]; then
            echo "No public key from the instance metadata after $attempt attempts"
            exit 1
        fi
        attempt=$((attempt + 1))
        sleep "$pause"
    done
    mkdir -p "$home/.ssh" && chmod 700 "$home/.ssh" && touch "$keys" && chmod 600 "$keys" || exit 1
    if [ -s "$keys" ] && [ -n "$(tail -c 1 "$keys")" ]; then
        echo >>"$keys"
    fi
    while IFS= read -r key || [ -n "$key" ]; do
        case $key in
            ssh-* | ecdsa-* | sk-*) grep -qxF -e "$key" "$keys" || printf '%s\\n' "$key" >>"$keys" ;;
        esac
    done <"$fetched"
    if command -v restorecon >/dev/null 2>&1; then
        restorecon -R "$home/.ssh"
    fi
    echo "Public key from the instance metadata is in $keys"
) || :
{END}
"""
WHOLE = encode(f"#!/bin/sh\n{SCRIPT}exit 0\n")
"""A file that holds the script alone."""
_SHELL = re.compile(r"#!\s*(/usr)?/bin/(env\s+)?(sh|bash|dash|ash)(\s+-\w+)*\s*")
_TOUCH = re.compile(r"touch\s+/var/lock/subsys/local\s*")
_OURS = "fetched=$(mktemp)"
_UNTIL_THERE = re.compile(r"!\s*-[efs]\s+[\"']?([^\s\"']*authorized_keys)\b")
_ROOT_HOME = re.compile(r"~|\$HOME|\$\{HOME\}")
_FOLDERS = ("/usr/bin", "/bin", "/usr/local/bin")


def fetches(guest: Guest, path: str, content: bytes) -> tuple[Evidence, ...]:
    """The lines of a boot script that ask the metadata for the key and that put it into an authorized_keys.

    Ours and the guide's own are recognised by what they name. Empty where there are none, they stand after an
    ``exit``, serve another account, wait for a file that is there already, or lack their shell or the program that
    they fetch with.
    """
    if not content.startswith(b"#!") or not _has_shell(guest, content):
        return ()
    told = boot_scripts.script_commands(path, content)
    asks = [c.evidence for c in told if "169.254.169.254" in c.text and "public-keys" in c.text]
    writes = [c.evidence for c in told if "authorized_keys" in c.text and "/home/" not in c.text]
    # The guide's script fetches until there is a file of keys, so never where the image holds one.
    until = (found[1] for c in told if (found := _UNTIL_THERE.search(c.text)))
    ours = any(_OURS in c.text for c in told)
    if not ours and any(guest.exists(_ROOT_HOME.sub("/root", path)) for path in until):
        return ()
    with_tool = [tool for tool in TOOLS if any(re.search(rf"\b{tool}\b", c.text) for c in told)]
    if not asks or not writes or not any(has_program(guest, tool) for tool in with_tool):
        return ()
    return (asks[0], writes[0])


def _has_shell(guest: Guest, content: bytes) -> bool:
    """Whether the first line names a program of the guest's to the kernel, to which a carriage return is a letter."""
    words = decode(split_lines(content)[0][2:].rstrip(b"\n")).split(" ")
    path = next((word for word in words if word), "")
    return path.startswith("/") and guest.exists(path)


def has_program(guest: Guest, name: str) -> bool:
    """Whether a program lies on the path that a boot script has."""
    return any(guest.exists(f"{folder}/{name}") for folder in _FOLDERS)


def install(content: bytes, path: str) -> bytes:
    """A boot script with ours in it: before its final ``exit`` or ``touch``, else at the end; a shebang on top.

    Raises PlanError for what is no plain shell script: another interpreter, CRLF endings, open blocks, here-documents.
    """
    content = remove(content, path)
    text = decode(content)
    if "\0" in text or "\r" in text:
        raise PlanError(f"{path} is no shell script with Unix line endings")
    if "<<" in text:
        raise PlanError(f"{path} has a here-document, in which an exit cannot be told from text")
    lines = [decode(line) for line in split_lines(content)]
    if not lines or not lines[0].startswith("#!"):
        lines.insert(0, "#!/bin/sh\n")
    elif _SHELL.fullmatch(lines[0].strip()) is None:
        raise PlanError(f"{path} is not run by a shell: {lines[0].strip()}")
    place = _place(lines, path)
    if place and not lines[place - 1].endswith("\n"):
        lines[place - 1] += "\n"
    return encode("".join((*lines[:place], SCRIPT, *lines[place:])))


def remove(content: bytes, path: str) -> bytes:
    """A boot script without ours; unchanged where it has none. Raises PlanError for a block without its end."""
    lines = split_lines(content)
    bare = [decode(line).strip() for line in lines]
    if BEGIN not in bare:
        return content
    begin = bare.index(BEGIN)
    if END not in bare[begin:]:
        raise PlanError(f"{path} has the beginning of our script without its end")
    end = bare.index(END, begin)
    return b"".join(lines[:begin] + lines[end + 1 :])


def dormant(content: bytes, path: str) -> boot_scripts.Command | None:
    """The first command of a boot script that is not ours, an ``exit`` or the guide's ``touch``; None where all are."""
    for command in boot_scripts.script_commands(path, remove(content, path)):
        if command.text and not is_plain_exit(command.text) and _TOUCH.fullmatch(command.text) is None:
            return command
    return None


def _place(lines: list[str], path: str) -> int:
    """Where to insert: before the first ``exit`` outside of any block, and before a ``touch`` right above it."""
    blocks: Blocks = ()
    place = len(lines)
    for index, line in enumerate(lines):
        continued = index > 0 and lines[index - 1].rstrip("\n").endswith("\\")
        if not blocks and not continued and is_plain_exit(line):
            place = index
            break
        blocks = blocks_after(line, blocks)
    if blocks or (place and lines[place - 1].rstrip("\n").endswith("\\")):
        raise PlanError(f"{path} cannot be understood: its blocks do not close")
    above = place
    while above and (not lines[above - 1].strip() or _TOUCH.fullmatch(lines[above - 1])):
        above -= 1
        if lines[above].strip():
            place = above
    return place
