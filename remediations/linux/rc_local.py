"""/etc/rc.local: whether it runs at boot, and the key-fetch script that we put into it and recognise there.

The script does what the guide's does, without its faults: the temporary file is private, curl, wget or python3 serves,
no key is added twice, modes are set, and it cannot end the rc.local it stands in.
"""

from __future__ import annotations

import re

from remediations.guest import FileKind, Guest
from remediations.linux import boot_scripts, systemd
from remediations.linux.init_system import Init, detect
from remediations.linux.shell_blocks import Blocks, blocks_after, is_plain_exit
from remediations.linux.text import decode, encode, split_lines
from remediations.vocabulary import Evidence, MakeDirectory, PlanError, RemoveFile, SetMode, Step, WriteFile

PATH = boot_scripts.RC_LOCAL
TOOLS = ("curl", "wget", "python3")
DROP_IN = "/etc/systemd/system/rc-local.service.d/50-network-online.conf"
DROP_IN_CONTENT = b"""\
# rc.local fetches the instance's ssh key, so it has to wait for the network.
[Unit]
Wants=network-online.target
After=network-online.target
"""
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
    fetched=$(mktemp) || exit 1
    trap 'rm -f "$fetched"' EXIT
    fetch() {{
        if command -v curl >/dev/null 2>&1; then
            curl -fsS -m 10 -o "$fetched" "$url"
        elif command -v wget >/dev/null 2>&1; then
            wget -q -T 10 -O "$fetched" "$url"
        else
            python3 -c 'import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
    shutil.copyfileobj(answer, sys.stdout.buffer)' "$url" >"$fetched"
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
_SHELL = re.compile(r"#!\s*(/usr)?/bin/(env\s+)?(sh|bash|dash|ash)(\s+-\w+)*\s*")
_TOUCH = re.compile(r"touch\s+/var/lock/subsys/local\s*")
_GENERATORS = ("/usr/lib/systemd/system-generators", "/lib/systemd/system-generators")


def key_fetch(guest: Guest) -> tuple[Evidence, ...]:
    """The lines of an rc.local that a boot runs and that put the metadata's key into root's authorized_keys.

    Our block and the guide's own script are recognised by what they name. Empty where there is none, it is not
    executable, it stands after an ``exit``, or the program that it fetches with is missing.
    """
    found = guest.stat(PATH)
    if found is None or found.kind is not FileKind.FILE or not found.mode & 0o111 or not runs(guest):
        return ()
    content = guest.read(PATH)
    if not content.startswith(b"#!"):
        return ()
    told = boot_scripts.script_commands(PATH, content)
    asks = [c.evidence for c in told if "169.254.169.254" in c.text and "public-keys" in c.text]
    writes = [c.evidence for c in told if "authorized_keys" in c.text]
    with_tool = [tool for tool in TOOLS if any(re.search(rf"\b{tool}\b", c.text) for c in told)]
    if not asks or not writes or not any(has_program(guest, tool) for tool in with_tool):
        return ()
    return (asks[0], writes[0])


def runs(guest: Guest) -> bool:
    """Whether a boot carries out an executable rc.local."""
    if detect(guest) is not Init.SYSTEMD:
        return guest.exists("/etc/init.d/rc.local")
    unit = systemd.find_unit(guest, "rc-local.service")
    generated = any(guest.exists(f"{folder}/systemd-rc-local-generator") for folder in _GENERATORS)
    return unit.path is not None and unit.masked_by is None and (generated or bool(systemd.starting_links(guest, unit)))


def has_program(guest: Guest, name: str) -> bool:
    """Whether a program lies on the path that rc.local has."""
    return any(guest.exists(f"{folder}/{name}") for folder in ("/usr/bin", "/bin", "/usr/local/bin"))


def install_steps(guest: Guest) -> tuple[Step, ...]:
    """What puts the key-fetch script into rc.local and makes it run, after the network. Raises PlanError."""
    if not any(has_program(guest, tool) for tool in TOOLS):
        raise PlanError("the guest has none of curl, wget and python3 to fetch the key with; install one of them")
    steps: list[Step] = []
    masked = False
    if detect(guest) is Init.SYSTEMD:
        masked = systemd.find_unit(guest, "rc-local.service").masked_by is not None
        steps += _systemd_steps(guest)
    elif not runs(guest):
        raise PlanError("the guest has no /etc/init.d/rc.local, so nothing would run rc.local")
    found = guest.lstat(PATH)
    if found is None:
        return (*steps, WriteFile(PATH, encode(f"#!/bin/sh\n{SCRIPT}exit 0\n"), 0o755))
    found = guest.stat(PATH)
    if found is None or found.kind is not FileKind.FILE:
        raise PlanError(f"{PATH} is neither a file nor a link to one")
    before = guest.read(PATH)
    if (masked or not found.mode & 0o111 or not before.startswith(b"#!")) and (command := _dormant(before)):
        place = command.evidence
        raise PlanError(
            f"{PATH} does not run today, and making it run would also bring back its line {place.line}, "
            f"{command.text[:60]}: remove what it should not do, or make it executable yourself"
        )
    after = install(before)
    if after != before:
        steps.append(WriteFile(PATH, after))
    if not found.mode & 0o111:
        steps.append(SetMode(PATH, found.mode | 0o111))
    return tuple(steps)


def install(content: bytes) -> bytes:
    """An rc.local with the script in it: before its final ``exit`` or ``touch``, else at the end; a shebang on top.

    Raises PlanError for what is no plain shell script: another interpreter, CRLF endings, open blocks, here-documents.
    """
    content = remove(content)
    text = decode(content)
    if "\0" in text or "\r" in text:
        raise PlanError(f"{PATH} is no shell script with Unix line endings")
    if "<<" in text:
        raise PlanError(f"{PATH} has a here-document, in which an exit cannot be told from text")
    lines = [decode(line) for line in split_lines(content)]
    if not lines or not lines[0].startswith("#!"):
        lines.insert(0, "#!/bin/sh\n")
    elif _SHELL.fullmatch(lines[0].strip()) is None:
        raise PlanError(f"{PATH} is not run by a shell: {lines[0].strip()}")
    place = _place(lines)
    if place and not lines[place - 1].endswith("\n"):
        lines[place - 1] += "\n"
    return encode("".join((*lines[:place], SCRIPT, *lines[place:])))


def remove(content: bytes) -> bytes:
    """An rc.local without our script; unchanged where it has none. Raises PlanError for a block without its end."""
    lines = split_lines(content)
    bare = [decode(line).strip() for line in lines]
    if BEGIN not in bare:
        return content
    begin = bare.index(BEGIN)
    if END not in bare[begin:]:
        raise PlanError(f"{PATH} has the beginning of our script without its end")
    end = bare.index(END, begin)
    return b"".join(lines[:begin] + lines[end + 1 :])


def _dormant(content: bytes) -> boot_scripts.Command | None:
    """The first command of an rc.local that is not ours, an ``exit`` or the guide's ``touch``; None where all are."""
    for command in boot_scripts.script_commands(PATH, remove(content)):
        if command.text and not is_plain_exit(command.text) and _TOUCH.fullmatch(command.text) is None:
            return command
    return None


def _place(lines: list[str]) -> int:
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
        raise PlanError(f"{PATH} cannot be understood: its blocks do not close")
    above = place
    while above and (not lines[above - 1].strip() or _TOUCH.fullmatch(lines[above - 1])):
        above -= 1
        if lines[above].strip():
            place = above
    return place


def _systemd_steps(guest: Guest) -> list[Step]:
    unit = systemd.find_unit(guest, "rc-local.service")
    steps: list[Step] = []
    if unit.masked_by is not None and unit.masked_by.startswith(systemd.ETC + "/"):
        steps.append(RemoveFile(unit.masked_by))
    elif unit.masked_by is not None or unit.path is None:
        raise PlanError("the guest's systemd has no rc-local.service to run rc.local")
    if not any(guest.exists(f"{folder}/systemd-rc-local-generator") for folder in _GENERATORS):
        raise PlanError("the guest's systemd has no systemd-rc-local-generator, so it would not run rc.local")
    if not guest.exists(DROP_IN):
        steps += [MakeDirectory(DROP_IN.rpartition("/")[0]), WriteFile(DROP_IN, DROP_IN_CONTENT)]
    elif guest.read(DROP_IN) != DROP_IN_CONTENT:
        raise PlanError(f"{DROP_IN} stands there with another content")
    return steps
