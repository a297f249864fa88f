"""The key-fetch script: where it goes into rc.local, and what it does when a real shell runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fake_guest import Link
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import ETC, debian, trusty

from remediations.linux import boot_place, key_script, rc_local
from remediations.linux.key_script import BEGIN, END, SCRIPT
from remediations.linux.rc_local import key_fetch
from remediations.linux.shell_blocks import blocks_after
from remediations.vocabulary import Plan, PlanError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample cloud"
BLOCK = SCRIPT.encode()
PATH = "/etc/rc.local"


def install(content: bytes) -> bytes:
    return key_script.install(content, PATH)


def remove(content: bytes) -> bytes:
    return key_script.remove(content, PATH)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"#!/bin/sh\n" + BLOCK),
        (b"#!/bin/sh -e\nexit 0\n", b"#!/bin/sh -e\n" + BLOCK + b"exit 0\n"),
        (b"#!/bin/bash\ntouch /var/lock/subsys/local\n", b"#!/bin/bash\n" + BLOCK + b"touch /var/lock/subsys/local\n"),
        (
            b"#!/bin/sh\nfoo\n\ntouch /var/lock/subsys/local\n\nexit 0\n",
            b"#!/bin/sh\nfoo\n\n" + BLOCK + b"touch /var/lock/subsys/local\n\nexit 0\n",
        ),
        (b"#!/bin/sh\nfoo", b"#!/bin/sh\nfoo\n" + BLOCK),
        (b"foo\n", b"#!/bin/sh\nfoo\n" + BLOCK),
        (b"#!/bin/sh\nif x; then\nexit 0\nfi\nfoo\n", b"#!/bin/sh\nif x; then\nexit 0\nfi\nfoo\n" + BLOCK),
        (b"#!/bin/sh\nexit 0\nfoo\n", b"#!/bin/sh\n" + BLOCK + b"exit 0\nfoo\n"),
        (b"#!/bin/sh\nf() {\n  exit 1\n}\nexit 0", b"#!/bin/sh\nf() {\n  exit 1\n}\n" + BLOCK + b"exit 0"),
        (b"#!/bin/sh\n# \xff\nexit 0\n", b"#!/bin/sh\n# \xff\n" + BLOCK + b"exit 0\n"),
    ],
)
def test_where_it_goes(before, after):
    assert install(before) == after
    assert install(after) == after
    assert remove(after).removeprefix(b"#!/bin/sh\n") == before.removeprefix(b"#!/bin/sh\n") + (
        b"\n" if before.endswith(b"foo") else b""
    )


@pytest.mark.parametrize(
    "content",
    [
        b"#!/usr/bin/python3\nprint()\n",
        b"#!/bin/sh\r\nexit 0\r\n",
        b"#!/bin/sh\ncat <<EOF\nexit 0\nEOF\n",
        b"#!/bin/sh\nif x; then\n",
        b"#!/bin/sh\nfoo \\\n",
        b"\x7fELF\0\0",
        f"#!/bin/sh\n{BEGIN}\nexit 0\n".encode(),
    ],
)
def test_what_is_not_understood_is_refused(content):
    with pytest.raises(PlanError):
        install(content)


@given(
    st.binary() | st.text("#!/bin/sh\nexit 0 if;then fi{}()'\"do done").map(lambda text: b"#!/bin/sh\n" + text.encode())
)
def test_install_adds_the_block_and_nothing_else(content):
    try:
        after = install(content)
    except PlanError:
        return
    assert install(after) == after
    start = after.index(BLOCK)
    rest = after[:start] + after[start + len(BLOCK) :]
    assert rest.removeprefix(b"#!/bin/sh\n").rstrip(b"\n") == content.removeprefix(b"#!/bin/sh\n").rstrip(b"\n")


@pytest.mark.parametrize(
    ("line", "blocks"),
    [
        ("if a; then b; fi", ()),
        ("if a; then", ("fi",)),
        ("case $x in a) b ;; (c) d ;; esac", ()),
        ("for i in 1 2; do if x; then", ("done", "fi")),
        ("echo if do { (", (")",)),
        ("echo 'if ( {' \"do $(x)\" # { (", ()),
        ("f() { a; }", ()),
        ("x=$(a | b)", ()),
        ("fi", ("?",)),
    ],
)
def test_blocks(line, blocks):
    assert blocks_after(line, ()) == blocks


def run(tmp_path: Path, tool: str, body: str, wrapper: str = "#!/bin/sh -e\n", **env: str):
    """Run the script with ``tool`` alone on the path, a stub that finds its output file and writes ``body``."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    home.mkdir(exist_ok=True)
    programs.mkdir(exist_ok=True)
    for name in ("sh", "mktemp", "rm", "grep", "mkdir", "chmod", "touch", "tail", "cat"):
        real = next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists())
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(real)
    where = {"curl": "$5", "wget": "$5", "python3": "/dev/stdout"}[tool]
    (programs / tool).write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n{body.format(out=where)}\n')
    (programs / "sleep").write_text(f"#!/bin/sh\necho $1 >>{tmp_path}/sleeps\n")
    for name in (tool, "sleep"):
        (programs / name).chmod(0o755)
    script = install(f"{wrapper}exit 0\n".encode()).decode().replace("home=/root", f"home={home}")
    (tmp_path / "rc.local").write_text(script + "\n")
    command = ["/bin/sh", *wrapper.removeprefix("#!/bin/sh").split(), str(tmp_path / "rc.local")]
    done = subprocess.run(
        command,
        env={"PATH": str(programs), "TMPDIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    keys = home / ".ssh" / "authorized_keys"
    return done, keys


def test_the_script_parses():
    for shell in ("sh", "bash"):
        subprocess.run([shell, "-n"], input=BLOCK, check=True)


@pytest.mark.parametrize("tool", ["curl", "wget", "python3"])
def test_the_key_arrives_with_modes_set(tmp_path, tool):
    done, keys = run(tmp_path, tool, f'echo "{KEY}" >{{out}}')
    assert done.returncode == 0
    assert keys.read_text() == KEY + "\n"
    assert keys.stat().st_mode & 0o777 == 0o600
    assert keys.parent.stat().st_mode & 0o777 == 0o700
    assert "169.254.169.254/latest/meta-data/public-keys/0/openssh-key" in (tmp_path / "calls").read_text()
    assert not list(tmp_path.glob("tmp.*"))


def test_a_wget_that_crashes_on_a_timeout_is_not_given_one(tmp_path):
    body = f'case " $* " in *" -T "*) kill -SEGV $$ ;; esac\necho "{KEY}" >{{out}}'
    _, keys = run(tmp_path, "wget", body)
    assert keys.read_text() == KEY + "\n"


def test_no_key_is_added_twice_and_others_stay(tmp_path):
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    keys = tmp_path / "home" / ".ssh" / "authorized_keys"
    keys.write_text("ssh-rsa AAAA old")
    for _ in range(2):
        run(tmp_path, "curl", f'printf "%s\\nssh-rsa BBBB two" "{KEY}" >{{out}}')
    assert keys.read_text() == f"ssh-rsa AAAA old\n{KEY}\nssh-rsa BBBB two\n"


@pytest.mark.parametrize("body", ["exit 22", "echo '<html>' >{out}", ": >{out}"])
def test_thirty_tries_five_seconds_apart_then_rc_local_goes_on(tmp_path, body):
    done, keys = run(tmp_path, "curl", body, "#!/bin/sh -eu\n")
    assert done.returncode == 0
    assert not keys.exists()
    assert (tmp_path / "calls").read_text().count("\n") == 30
    assert (tmp_path / "sleeps").read_text() == "5\n" * 29


def test_it_ends_with_success_as_soon_as_the_key_is_there(tmp_path):
    flag = tmp_path / "once"
    body = f'[ -e {flag} ] || {{{{ : >{flag}; exit 7; }}}}\necho "{KEY}" >{{out}}'
    _, keys = run(tmp_path, "curl", body)
    assert keys.read_text() == KEY + "\n"
    assert (tmp_path / "sleeps").read_text() == "5\n"


def test_it_is_installed_with_the_ordering_and_recognised():
    guest = debian()
    after = guest.applied(Plan(rc_local.install_steps(guest)))
    assert after.files["/etc/rc.local"] == b"#!/bin/sh\n" + BLOCK + b"exit 0\n"
    assert after.modes["/etc/rc.local"] == 0o755
    assert b"After=network-online.target" in after.files[boot_place.DROP_IN]
    assert key_fetch(after)
    assert rc_local.install_steps(after) == ()


def test_a_link_is_followed_and_the_file_made_executable():
    guest = debian({"/etc/rc.local": Link("rc.d/rc.local"), "/etc/rc.d/rc.local": b"#!/bin/sh\n"})
    after = guest.applied(Plan(rc_local.install_steps(guest)))
    assert after.files["/etc/rc.local"] == Link("rc.d/rc.local")
    assert BLOCK in after.files["/etc/rc.d/rc.local"]
    assert after.modes["/etc/rc.d/rc.local"] == 0o755


COMMAND = b"#!/bin/sh\niptables -P INPUT DROP\nexit 0\n"
MASK = {f"{ETC}/rc-local.service": Link("/dev/null")}


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"/etc/rc.local": COMMAND}, 0o644),
        ({"/etc/rc.local": COMMAND.removeprefix(b"#!/bin/sh\n")}, 0o755),
        ({"/etc/rc.local": COMMAND, **MASK}, 0o755),
    ],
)
def test_what_someone_switched_off_is_not_brought_back(changes, mode):
    guest = debian(changes, **{"/etc/rc.local": mode})
    after = guest.applied(Plan(rc_local.install_steps(guest)))
    assert {path: after.files[path] for path in changes} == changes
    assert after.modes["/etc/rc.local"] == mode
    assert key_fetch(after)[0].path == boot_place.PROGRAM


def test_an_idle_rc_local_is_made_to_run():
    guest = debian({"/etc/rc.local": b"#!/bin/sh -e\n# nothing\n\nexit 0\n"} | MASK)
    assert key_fetch(guest.applied(Plan(rc_local.install_steps(guest))))


def test_upstart_needs_no_drop_in():
    guest = trusty()
    after = guest.applied(Plan(rc_local.install_steps(guest)))
    assert key_fetch(after)
    assert boot_place.DROP_IN not in after.files


@pytest.mark.parametrize(
    "guest",
    [
        debian(without=("/usr/lib/systemd/system-generators/systemd-rc-local-generator",)),
        debian(without=("/usr/lib/systemd/system/rc-local.service",)),
        debian({"/etc/rc.local": Link("gone")}),
        debian({"/etc/rc.local": b"#!/usr/bin/python3\nprint()\n"}, **{"/etc/rc.local": 0o755}),
    ],
)
def test_a_guest_without_a_usable_rc_local_gets_a_unit(guest):
    after = guest.applied(Plan(rc_local.install_steps(guest)))
    assert after.files[boot_place.PROGRAM] == key_script.WHOLE
    assert after.modes[boot_place.PROGRAM] == 0o755
    assert rc_local.install_steps(after) == ()
    assert key_fetch(after)


@pytest.mark.parametrize(
    "guest",
    [
        trusty({"/etc/init.d/rc.local": None}),
        debian({f"{ETC}/{boot_place.NAME}.service": Link("/dev/null"), "/etc/rc.local": Link("gone")}),
        debian({boot_place.PROGRAM: b"#!/usr/bin/perl\n", "/etc/rc.local": Link("gone")}),
    ],
)
def test_a_guest_that_could_not_run_it_is_refused(guest):
    with pytest.raises(PlanError):
        rc_local.install_steps(guest)


def test_a_masked_service_is_unmasked():
    guest = debian({f"{ETC}/rc-local.service": Link("/dev/null")})
    assert key_fetch(guest.applied(Plan(rc_local.install_steps(guest))))


def test_the_end_marker_closes_the_block():
    assert SCRIPT.endswith(END + "\n")
