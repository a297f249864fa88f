"""Kernel arguments that switch cloud-init off, wherever the boot configuration holds them."""

from __future__ import annotations

import pytest
from linux_guest import debian

from remediations import ssh_server, user_data
from remediations.linux.kernel_arguments import entries_pass
from remediations.vocabulary import Settings, Status

SETTINGS = Settings()
MENU = "/boot/grub/grub.cfg"
DEFAULTS = "/etc/default/grub"
ENTRY = b"menuentry 'x' {\n linux /vmlinuz root=/dev/vda1 %s\n}\n"


@pytest.mark.parametrize(
    ("path", "content", "line"),
    [
        (MENU, ENTRY % b"cloud-init=disabled", 2),
        (MENU, ENTRY % b"\\\n  cloud-init=disabled", 2),
        ("/boot/grub/custom.cfg", ENTRY % b"cloud-init=disabled", 2),
        ("/boot/grub/menu.lst", b"title x\nkernel /vmlinuz cloud-init=disabled\n", 2),
        ("/boot/loader/entries/a.conf", b"linux /vmlinuz\noptions ro cloud-init=disabled\n", 2),
        (DEFAULTS, b'GRUB_CMDLINE_LINUX="quiet \\\n cloud-init=disabled"\n', 1),
        (DEFAULTS, b'# x\nexport GRUB_CMDLINE_LINUX="cloud-init=disabled"\n', 2),
        (DEFAULTS, b'A=cloud-init=disabled\nGRUB_CMDLINE_LINUX_DEFAULT="$A"\n', 2),
    ],
)
def test_the_switch_is_found_and_shown(path, content, line):
    guest = debian({MENU: ENTRY % b"ro", path: content})
    found = user_data.check(guest, SETTINGS)
    assert found.status is Status.FAIL
    assert (found.evidence[0].path, found.evidence[0].line) == (path, line)
    assert path in user_data.plan(guest, SETTINGS).obstacle


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (MENU, b"menuentry 'x {\n"),
        (MENU, ENTRY % b"$extra"),
        (MENU, ENTRY % b"ro" + b"source /boot/more.cfg\n"),
        (MENU, b"#" * 600_000),
        (DEFAULTS, b"if true; then A=1; fi\n"),
        (DEFAULTS, b'GRUB_CMDLINE_LINUX="$(cat /x)"\n'),
        (DEFAULTS, b"#" * 300_000),
        ("/boot/extlinux/extlinux.conf", None),
    ],
)
def test_what_cannot_be_followed_is_unknown(path, content):
    assert user_data.check(debian({path: content}), SETTINGS).status is Status.UNKNOWN


@pytest.mark.parametrize("content", [ENTRY % b"ro", ENTRY % b"my-cloud-init=disabled", ENTRY % b"cloud-init=enabled"])
def test_other_arguments_do_no_harm(content):
    assert user_data.check(debian({MENU: content}), SETTINGS).status is Status.PASS


@pytest.mark.parametrize(
    ("path", "check", "plan"),
    [
        ("/etc/nologin", ssh_server.check, ssh_server.plan),
        ("/etc/ssh/sshd_not_to_be_run", ssh_server.check, ssh_server.plan),
        ("/etc/cloud/cloud-init.disabled", user_data.check, user_data.plan),
    ],
)
def test_a_folder_in_a_switchs_place_is_for_the_operator(path, check, plan):
    guest = debian({path: None})
    assert check(guest, SETTINGS).status is Status.FAIL
    assert not plan(guest, SETTINGS).steps
    assert path in plan(guest, SETTINGS).obstacle


@pytest.mark.parametrize(
    ("menu", "said"),
    [
        (ENTRY % b"net.ifnames=0", True),
        (ENTRY % b"net.ifnames=0" + ENTRY % b"quiet", False),
        (ENTRY % b"net.ifnames=0" + (ENTRY % b"single").replace(b"'x'", b"'x (recovery mode)'"), True),
        (b"", None),
    ],
)
def test_whether_every_entry_passes_a_word(menu, said):
    defaults = {DEFAULTS: b'GRUB_CMDLINE_LINUX="net.ifnames=0"\n'}
    assert entries_pass(debian({MENU: menu, **defaults}), "net.ifnames=0") is said
