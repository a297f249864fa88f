"""cloud-init's effective configuration, and whether it is on."""

from __future__ import annotations

import pytest
from fake_guest import FakeGuest, Link
from hypothesis import given
from hypothesis import strategies as st
from linux_guest import CLOUD_WANTS, ETC, LIB, debian, noble, trusty, unit

from remediations.guest import GuestError
from remediations.linux import cloud_init
from remediations.linux.cloud_config import CONFIG, load
from remediations.linux.fault import plan_for


def config(main: bytes, **parts: bytes):
    return load(FakeGuest({CONFIG: main} | {f"{CONFIG}.d/{name}.cfg": text for name, text in parts.items()}))


def test_later_files_win_mappings_merge_lists_replace():
    merged = config(
        b"a: {x: 1, y: 1}\nl: [1, 2]\nn: 1\n", c10=b"a: {y: 2}\nl: [3]\nn: null\n", c20=b"a: {z: {w: 3}}\nl: []\n"
    )
    assert merged.values == {"a": {"x": 1, "y": 2, "z": {"w": 3}}, "l": [], "n": None}
    assert merged.has("n")
    assert not merged.has("a", "x", "q")


def test_evidence_names_the_file_and_line_that_count():
    merged = config(b"q: '\xe2\x80\xa8 \xc3\xa4'\r\na:\r\n  x: 1\r\n  y: 1 # old\r\n", c1=b"b: 1\n\na:\n  y: 2\n")
    (place,) = merged.evidence("a", "y")
    assert (place.path, place.line, place.text) == (f"{CONFIG}.d/c1.cfg", 4, "  y: 2")
    (place,) = merged.evidence("a", "x")
    assert (place.path, place.line, place.text) == (CONFIG, 3, "  x: 1")
    assert merged.evidence("gone") == ()


def test_of_a_key_given_twice_the_last_counts():
    merged = config(b"a: 1\na: 2\n")
    assert merged.get("a") == 2
    assert merged.evidence("a")[0].line == 2


@pytest.mark.parametrize(
    "part",
    [
        b"x: [\n",
        b"m:\n\t- 2\n",
        b"- a\n",
        b"just text\n",
        b"a: b: c\n",
        b"a: \0\n",
        b"a: 1\n---\nb: 2\n",
        b"a: !!python/object/apply:os.system [true]\n",
        b"a: 2001-99-99\n",
    ],
)
def test_what_is_no_mapping_is_passed_over_as_cloud_init_does(part):
    merged = config(b"m: 1\n", c1=part, c2=b"n: 2\n")
    assert merged.values == {"m": 1, "n": 2}
    assert [place.path for place in merged.ignored] == [f"{CONFIG}.d/c1.cfg"]


def test_a_jinja_template_with_nothing_to_fill_in_is_read():
    assert config(b"m: 1\n", c1=b"## template: jinja\nm: {a: 2}\n").get("m", "a") == 2


@pytest.mark.parametrize(
    "part",
    [
        b"\xff\xfe\n",
        b"a: !!python/unicode x\n",
        b"## template: jinja\na: {{ x }}\n",
        b"merge_how: list(append)\n",
        b"a: " + b"[" * 5000,
        b"a: &a [x]\nb: [" + b"*a," * 50 + b"]\n",
        b"a: &a [*a]\n",
        b"a: !!int ''\n",
        b"a: " + b"1:" * 100_000 + b"1\n",
        b"main: {x: 1}\n",
        b"conf_d: [x]\n# x\n" * 20_000,
    ],
)
def test_what_cannot_be_followed_is_an_error_with_its_path(part):
    with pytest.raises(GuestError, match=r"/c1\.cfg"):
        config(b"m: 1\n", c1=part, c2=b"main: []\n")


@given(st.binary() | st.text("a:- \n[]{}&*!|>'\"#%@`~0123.\t\r").map(str.encode))
def test_any_bytes_load_or_are_refused(content):
    try:
        merged = config(content, c1=b"a: 1\n")
    except GuestError:
        return
    assert merged.get("a") == 1


def test_only_cfg_files_of_the_folder_are_read():
    guest = FakeGuest({CONFIG: b"a: 1\n", f"{CONFIG}.d/x.cfg.bak": b"a: 2\n", f"{CONFIG}.d/README": b"["})
    assert load(guest).get("a") == 1
    guest.files["/etc/own/x.cfg"] = b"a: 3\n"
    guest.files[CONFIG] = b"conf_d: /etc/own\na: 1\n"
    assert load(guest).get("a") == 3


def test_no_file_is_an_empty_configuration():
    assert load(FakeGuest({})).values == {}


def test_module_names_are_spelled_alike():
    merged = config(b"cloud_init_modules: [cc_ssh, users-groups, [growpart, always], {name: x-y}]\n")
    assert merged.modules("init") == ("ssh", "users_groups", "growpart", "x_y")
    assert config(b"cloud_init_modules: ssh\n").modules("init") == ()


@pytest.mark.parametrize("guest", [debian(), noble(), trusty()])
def test_stock_guests_have_cloud_init_on(guest):
    assert cloud_init.is_on(guest)
    assert len(cloud_init.evidence(guest)) >= 4


def test_the_names_of_both_generations():
    assert "cloud-init" in cloud_init.stages(debian())
    assert cloud_init.stages(noble())[:3] == ("cloud-init-main", "cloud-init-local", "cloud-init-network")


def test_debian_8_hangs_its_stages_on_multi_user():
    names = ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")
    units = {f"{LIB}/{name}.service": unit("multi-user.target") for name in names}
    links = {f"{ETC}/multi-user.target.wants/{name}.service": Link(f"{LIB}/{name}.service") for name in names}
    gone = (CLOUD_WANTS, f"{LIB}/cloud-init.target", "/usr/lib/systemd/system-generators/cloud-init-generator")
    assert cloud_init.is_on(debian({**units, **links}, without=gone))


OFF = [
    {"/etc/cloud/cloud-init.disabled": b""},
    {f"{ETC}/cloud-final.service": Link("/dev/null")},
    {f"{ETC}/cloud-init.target": Link("/dev/null")},
    {"/etc/systemd/system-generators/cloud-init-generator": Link("/dev/null")},
    {"/etc/cloud/ds-identify.cfg": b"# mine\npolicy: disabled\nci: x\n"},
    {"/etc/cloud/ds-identify.cfg": b"policy: 'disabled' # off\r\n"},
]


@pytest.mark.parametrize("changes", OFF)
def test_what_switches_cloud_init_off_is_found_and_righted(changes):
    guest = debian(changes)
    found = cloud_init.faults(guest)
    assert len(found) == 1
    assert found[0].evidence[0].path in changes
    assert cloud_init.is_on(guest.applied(plan_for(guest, found, "x")))


@pytest.mark.parametrize("name", ["cloud-init-local", "cloud-init", "cloud-config", "cloud-final"])
def test_a_stage_that_is_not_enabled(name):
    link = f"{CLOUD_WANTS}/{name}.service"
    guest = debian(without=(link,))
    after = guest.applied(plan_for(guest, cloud_init.faults(guest), "x"))
    assert after.files[link] == Link(f"/lib/systemd/system/{name}.service")
    assert cloud_init.is_on(after)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/boot/grub/grub.cfg", b"\tlinux /boot/vmlinuz root=UUID=1 ro cloud-init=disabled quiet\n"),
        ("/etc/default/grub", b'GRUB_CMDLINE_LINUX="cloud-init=disabled"\n'),
        ("/etc/default/grub.d/x.cfg", b"GRUB_CMDLINE_LINUX_DEFAULT=cloud-init=disabled\n"),
    ],
)
def test_a_kernel_argument_has_no_fix_but_its_place(path, text):
    (fault,) = cloud_init.faults(debian({path: text}))
    assert not fault.fixable
    assert path in fault.obstacle
    assert cloud_init.is_on(debian({path: b"# " + text.replace(b"=disabled", b"=enabled")}))


def test_a_missing_unit_and_a_missing_program():
    assert not cloud_init.faults(debian(without=(f"{LIB}/cloud-final.service",)))[0].fixable
    assert cloud_init.faults(debian(without=("/usr/bin/cloud-init",)))[0].packages == ("cloud-init",)
    assert cloud_init.faults(debian(without=("/usr/lib/systemd/system-generators/cloud-init-generator",)))


def test_upstart_jobs_can_be_overridden():
    assert not cloud_init.is_on(trusty({"/etc/init/cloud-init.override": b"manual\n"}))
