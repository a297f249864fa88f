"""Package lists without a package manager: databases that real rpm wrote (tests/data/rpm/make), then damaged ones."""

from __future__ import annotations

import shutil
import sqlite3
import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from fake_guest import BOOKWORM, FakeGuest, Link
from guest_files import DATA, rpm_database
from hypothesis import given
from hypothesis import strategies as st

from remediations.guest import GuestError
from remediations.linux import apk, pacman, rpm_header, rpm_ndb
from remediations.linux.package_error import DatabaseError
from remediations.linux.rpm_version import newest, sort_key
from wizard.fast import rpm, rpm_berkeley, rpm_sqlite
from wizard.fast.errors import StepAside
from wizard.fast.packages import packages_of
from wizard.fast.rpm import rpm_packages

RPM = replace(BOOKWORM, distro="rocky", package_format="rpm")
FILES = {
    "rocky9.sqlite": "rpmdb.sqlite",
    "centos7.bdb": "Packages",
    "centos6.bdb": "Packages",
    "leap15.ndb": "Packages.db",
}
KEY = "8dd47936"  # the newest of three gpg-pubkey
CONTENT = {name: rpm_database(name) for name in FILES}
needs_rpm = pytest.mark.skipif(shutil.which("rpm") is None, reason="rpm is missing; bin/setup --dev installs it")


def said(name: str) -> list[str]:
    """What rpm -qa said of a database when it was made."""
    return (DATA / name).with_suffix(".txt").read_text().rstrip("\n").split("\n")


def guest(content: bytes, name: str, folder: str = "/var/lib/rpm", **more: bytes | Link) -> FakeGuest:
    beside = {f"{folder}/{key.replace('_', '-').replace('--', '.')}": value for key, value in more.items()}
    return FakeGuest({f"{folder}/{name}": content, **beside}, RPM)


@pytest.mark.parametrize("name", FILES)
def test_every_header_is_read(name: str) -> None:
    headers = [rpm_header.parse(blob) for blob in rpm.READERS[FILES[name]](CONTENT[name])]
    assert sorted(f"{header.name} {header.version} {header.release}" for header in headers) == said(name)


@pytest.mark.parametrize("name", FILES)
def test_versions_are_without_epoch_and_release_and_keys_count(name: str) -> None:
    found = rpm_packages(guest(CONTENT[name], FILES[name]))
    lines = [line.split() for line in said(name)]
    assert found == {word: version for word, version, _ in lines} | {"gpg-pubkey": KEY}
    assert packages_of(guest(CONTENT[name], FILES[name])) == found


def test_of_several_the_newest_counts() -> None:
    builds = [("kernel", 0, "5.9"), ("kernel", 0, "5.14.0"), ("kernel", 0, "5.10"), ("old", 1, "1"), ("old", 0, "2")]
    found = newest(rpm_header.Header(name, epoch, version, "1") for name, epoch, version in builds)
    assert found == {"kernel": "5.14.0", "old": "1"}


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.0~rc1", "1.0"), ("1.0", "1.0^git1"), ("1.0^git1", "1.0.1"), ("1.0a", "1.0.1"), ("9", "10"), ("1", "1a"),
     ("1.0~rc1", "1.0~rc1^x"), ("2.0", "2.0.1"), ("a", "1"), ("5.14.0", "05.015")],
)  # fmt: skip
def test_versions_in_rpms_order(older: str, newer: str) -> None:
    assert sort_key(older) < sort_key(newer)


@pytest.mark.parametrize(("one", "other"), [("1.0", "1_0"), ("1.01", "1.1"), ("1.0", "1.0."), ("1", "+1"), ("", "é")])
def test_versions_that_rpm_takes_for_the_same(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


@needs_rpm
@given(st.lists(st.text("0019ab~^._+", min_size=1, max_size=8), min_size=50, max_size=50))
def test_the_order_is_rpms_own(words: list[str]) -> None:
    pairs = list(pairwise(words))
    calls = " ".join(f'print(" ", rpm.vercmp("{one}", "{other}"))' for one, other in pairs)
    out = subprocess.run(["rpm", "--eval", f"%{{lua:{calls}}}"], capture_output=True, text=True, check=True).stdout
    ours = [(sort_key(one) > sort_key(other)) - (sort_key(one) < sort_key(other)) for one, other in pairs]
    assert [int(word) for word in out.split()] == ours


@needs_rpm
@pytest.mark.parametrize("name", ["rocky9.sqlite", "centos7.bdb", "centos6.bdb"])
def test_rpm_still_says_the_same(name: str, tmp_path: Path) -> None:
    (tmp_path / FILES[name]).write_bytes(CONTENT[name])
    assert query(tmp_path) == said(name)


@needs_rpm
def test_after_rpm_has_erased_some(tmp_path: Path) -> None:
    (tmp_path / "rpmdb.sqlite").write_bytes(CONTENT["rocky9.sqlite"])
    for word in ("bash", "coreutils", "qemu-guest-agent", "zlib"):
        _run("rpm", "--dbpath", str(tmp_path), "-e", "--justdb", "--nodeps", "--noscripts", word)
        files = {f"/var/lib/rpm/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
        found = rpm_packages(FakeGuest(files, RPM))
        assert word not in found
        assert sorted(found) == sorted({line.split()[0] for line in query(tmp_path)})


def query(folder: Path) -> list[str]:
    out = _run("rpm", "--dbpath", str(folder), "-qa", "--qf", "%{NAME} %{VERSION} %{RELEASE}\\n")
    return sorted(out.rstrip("\n").split("\n"))


def _run(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout


def test_one_folder_may_be_a_link_to_the_other() -> None:
    new = guest(CONTENT["leap15.ndb"], "Packages.db", "/usr/lib/sysimage/rpm")
    new.files["/var/lib/rpm"] = Link("../../usr/lib/sysimage/rpm")
    old = guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite")
    old.files["/usr/lib/sysimage/rpm"] = Link("/var/lib/rpm")
    assert len(rpm_packages(new)) == 25
    assert len(rpm_packages(old)) == 36


def test_a_link_to_a_third_place_is_followed() -> None:
    ostree = guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite", "/usr/share/rpm")
    ostree.files["/var/lib/rpm"] = Link("../../usr/share/rpm")
    assert len(rpm_packages(ostree)) == 36


def test_two_databases_or_none_are_not_certain() -> None:
    both = guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite", Packages=CONTENT["centos7.bdb"])
    apart = guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite")
    apart.files["/usr/lib/sysimage/rpm/Packages.db"] = CONTENT["leap15.ndb"]
    for odd, count in ((both, "2"), (apart, "2"), (FakeGuest({"/var/lib/rpm/Name": b""}, RPM), "No")):
        with pytest.raises(StepAside, match=f"{count} rpm databases"):
            rpm_packages(odd)


@pytest.mark.parametrize("beside", ["rpmdb__sqlite_wal", "rpmdb__sqlite_journal"])
def test_a_log_beside_a_database_counts_only_when_empty(beside: str) -> None:
    assert rpm_packages(guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite", **{beside: b""}))
    with pytest.raises(StepAside, match="not closed"):
        rpm_packages(guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite", **{beside: b"x"}))


def test_a_write_ahead_log_that_was_left_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rpmdb.sqlite"
    path.write_bytes(CONTENT["rocky9.sqlite"])
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM Packages WHERE hnum = (SELECT min(hnum) FROM Packages)")
        database.commit()
        files = {f"/var/lib/rpm/{file.name}": file.read_bytes() for file in tmp_path.iterdir()}
    assert files["/var/lib/rpm/rpmdb.sqlite-wal"]
    with pytest.raises(StepAside, match="not closed"):
        rpm_packages(FakeGuest(files, RPM))


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_or_a_folder_is_no_database(name: str) -> None:
    for odd in (guest(b"", FILES[name]), FakeGuest({f"/var/lib/rpm/{FILES[name]}/x": b""}, RPM)):
        with pytest.raises((StepAside, DatabaseError)):
            rpm_packages(odd)


def test_a_database_too_large_is_left_to_the_appliance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm, "LIMIT", 1000)
    with pytest.raises(StepAside, match="larger"):
        rpm_packages(guest(CONTENT["rocky9.sqlite"], "rpmdb.sqlite"))


def altered(content: bytes, offset: int, form: str, *values: int) -> bytes:
    return content[:offset] + struct.pack(form, *values) + content[offset + struct.calcsize(form) :]


def test_berkeley_db_of_the_other_byte_order() -> None:
    with pytest.raises(StepAside, match="byte order"):
        list(rpm_berkeley.headers(altered(CONTENT["centos7.bdb"], 12, ">I", 0x061561)))


@pytest.mark.parametrize(("offset", "form"), [(16, "<I"), (24, "B"), (25, "B"), (26, "B"), (36, "<I"), (48, "<I")])
def test_berkeley_db_of_an_unusual_kind(offset: int, form: str) -> None:
    with pytest.raises(StepAside):
        list(rpm_berkeley.headers(altered(CONTENT["centos7.bdb"], offset, form, 1)))


def test_berkeley_db_pages_in_circles() -> None:
    content = CONTENT["centos7.bdb"]
    size = struct.unpack_from("<I", content, 20)[0]
    circles = 0
    for number in range(1, len(content) // size):
        kind = content[number * size + 25]
        if kind in (7, 13):
            circles += 1
            with pytest.raises(StepAside, match=r"circle|not what leads|does not end|length"):
                list(rpm_berkeley.headers(altered(content, number * size + 16, "<I", number)))
    assert circles > 20


def test_berkeley_db_kinds_of_items_that_rpm_does_not_use() -> None:
    content = CONTENT["centos6.bdb"]
    size = struct.unpack_from("<I", content, 20)[0]
    page = next(at for at in range(size, len(content), size) if content[at + 25] == 13 and content[at + 20])
    item = page + struct.unpack_from("<H", content, page + 26)[0]
    for kind in (0, 2, 4, 5):
        with pytest.raises(StepAside, match="kind"):
            list(rpm_berkeley.headers(altered(content, item, "B", kind)))


def test_berkeley_db_may_have_empty_buckets() -> None:
    content = CONTENT["centos6.bdb"]
    size, buckets = struct.unpack_from("<I", content, 20)[0], struct.unpack_from("<I", content, 72)[0] + 1
    assert buckets > 2
    pages = [at for at in range(size, len(content), size) if content[at + 25] == 13 and content[at + 20]]
    for page in pages:
        left = len(list(rpm_berkeley.headers(altered(content, page + 20, "<H", 0))))
        assert 0 < left < len(said("centos6.bdb"))


def sqlite_pages() -> tuple[bytes, int]:
    content = CONTENT["rocky9.sqlite"]
    return content, struct.unpack_from(">H", content, 16)[0]


def test_sqlite_tree_in_a_circle() -> None:
    content, size = sqlite_pages()
    inner = [at for at in range(size, len(content), size) if content[at] == 5]
    assert inner
    for at in inner:
        with pytest.raises(StepAside, match="circle"):
            list(rpm_sqlite.headers(altered(content, at + 8, ">I", at // size + 1)))


def test_sqlite_chains_in_a_circle() -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
        database.execute("INSERT INTO Packages (blob) VALUES (zeroblob(30000))")
        database.commit()
        content = database.serialize()
    assert list(rpm_sqlite.headers(content)) == [bytes(30000)]
    last = len(content) - 4096
    assert content[last : last + 4] == bytes(4)
    with pytest.raises(StepAside, match="more than once"):
        list(rpm_sqlite.headers(altered(content, last, ">I", last // 4096)))
    before = last - 4096
    with pytest.raises(StepAside, match=r"cut short|none of rpm's"):
        list(rpm_sqlite.headers(altered(content, before, ">I", 0)))


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE Packages (hnum INTEGER, blob BLOB)", "CREATE TABLE Other (hnum INTEGER)",
     "CREATE VIEW Packages AS SELECT 1",
     "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL) WITHOUT ROWID"],
)  # fmt: skip
def test_sqlite_tables_that_are_none_of_rpms(sql: str) -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute(sql)
        database.commit()
        content = database.serialize()
    with pytest.raises(StepAside, match="no table"):
        list(rpm_sqlite.headers(content))


def test_sqlite_in_another_encoding_or_page_size() -> None:
    for pragma in ("encoding = 'UTF-16le'", "page_size = 65536", "page_size = 16384"):
        with sqlite3.connect(":memory:") as database:
            database.execute(f"PRAGMA {pragma}")
            database.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
            database.commit()
            content = database.serialize()
        with pytest.raises(StepAside):
            list(rpm_sqlite.headers(content))


def ndb(*blobs: tuple[int, int, bytes], slots: int = 254) -> bytes:
    """An ndb file as rpmpkg.c describes it: (package number, first block, content) each, in one page of slots."""
    table = b""
    data = bytearray()
    for number, block, blob in blobs:
        count = (16 + len(blob) + 12 + 15) // 16
        body = (struct.pack("<4sIII", b"BlbS", number, 0, len(blob)) + blob).ljust(count * 16 - 12, b"\0")
        body += struct.pack("<II4s", zlib.adler32(body), len(blob), b"BlbE")
        start = (block - 256) * 16
        data += bytes(max(0, start + len(body) - len(data)))
        data[start : start + len(body)] = body
        table += struct.pack("<4sIII", b"Slot", number, block, count)
    table = table + (b"Slot" + bytes(12)) * (slots - len(table) // 16)
    return struct.pack("<4sIIII12x", b"RpmP", 0, 1, 1, 99) + table + bytes(data)


def test_ndb_blobs_come_in_the_order_in_which_they_lie() -> None:
    assert list(rpm_ndb.headers(ndb((7, 300, b"second"), (3, 256, b"first" * 9)))) == [b"first" * 9, b"second"]
    assert list(rpm_ndb.headers(ndb())) == []


@pytest.mark.parametrize(
    "content",
    [ndb((1, 256, b"a"), (2, 257, b"b" * 40)), ndb((1, 256, b"a"), (1, 300, b"b")), ndb((0, 256, b"a")),
     ndb((1, 255, b"a")), ndb(slots=253), altered(ndb((1, 256, b"a")), 4, "<I", 1),
     altered(ndb((1, 256, b"a")), 12, "<I", 2),
     altered(ndb((1, 256, b"abc")), 4096 + 17, "B", 7), altered(ndb((1, 256, b"abc")), 4096 + 4, "<I", 7),
     altered(ndb((1, 256, b"a")), 40, "<I", 0xFFFFFFFF), altered(ndb((1, 256, b"a")), 44, "<I", 0),
     altered(ndb((1, 256, b"a")), 32, "4s", b"slot"), ndb((1, 256, b"a"))[:-1], ndb((1, 256, b"a"))[:-16], b"RpmP"],
)  # fmt: skip
def test_ndb_that_rpm_would_refuse(content: bytes) -> None:
    with pytest.raises(DatabaseError):
        list(rpm_ndb.headers(content))


def header(*entries: tuple[int, int, int, int], data: bytes = b"name\x001\x002\0\0\0\0\5") -> bytes:
    return struct.pack(">II", len(entries), len(data)) + b"".join(struct.pack(">IIiI", *e) for e in entries) + data


NAME, VERSION, RELEASE, EPOCH = (1000, 6, 0, 1), (1001, 6, 5, 1), (1002, 6, 7, 1), (1003, 4, 9, 1)


def test_a_header_by_hand() -> None:
    assert rpm_header.parse(header(NAME, VERSION, RELEASE)) == ("name", 0, "1", "2")
    assert rpm_header.parse(header(NAME, VERSION, RELEASE, EPOCH)) == ("name", 5, "1", "2")


@pytest.mark.parametrize(
    "blob",
    [b"", bytes(8), struct.pack(">II", 0xFFFFFFFF, 0), header(), header(NAME, VERSION),
     header(NAME, NAME, VERSION, RELEASE), header(NAME, VERSION, RELEASE)[:-1],
     header(NAME, VERSION, RELEASE) + b"\0", header((1000, 7, 0, 1), VERSION, RELEASE),
     header((1000, 6, 0, 2), VERSION, RELEASE), header((1000, 6, -1, 1), VERSION, RELEASE),
     header((1000, 6, 99, 1), VERSION, RELEASE), header((1000, 6, 4, 1), VERSION, RELEASE),
     header(NAME, VERSION, RELEASE, (1003, 4, 10, 1)), header(NAME, VERSION, RELEASE, data=b"name\x001\x002")],
)  # fmt: skip
def test_headers_that_are_none(blob: bytes) -> None:
    with pytest.raises(DatabaseError):
        rpm_header.parse(blob)


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_damage_is_never_a_crash(name: str, data: st.DataObject) -> None:
    """Changed at a few places, most of them where structures are, and cut: an answer or a refusal, soon."""
    content = bytearray(CONTENT[name])
    near = [at + offset for at in range(0, len(content), 4096) for offset in range(64)]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.one_of(st.integers(0, len(content) - 9), st.sampled_from(near)))
        new = data.draw(
            st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, bytes(8), b"\0\0\0\1"]))
        )
        content[at : at + len(new)] = new
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    try:
        packages_of(guest(bytes(content), FILES[name]))
    except StepAside:
        return


@pytest.mark.parametrize("name", FILES)
@given(rest=st.binary(max_size=8192), kept=st.sampled_from([0, 4, 32, 100, 512, 4096, 4200]))
def test_noise_is_never_a_list(name: str, rest: bytes, kept: int) -> None:
    with pytest.raises(StepAside):
        packages_of(guest(CONTENT[name][:kept] + rest, FILES[name]))


@given(st.binary(max_size=400))
def test_noise_is_no_header(blob: bytes) -> None:
    with pytest.raises(DatabaseError):
        rpm_header.parse(blob)


INSTALLED = b"""\
C:Q1VFqm8pEgmviZMrdh2eQiwneFlsw=
P:alpine-baselayout
V:3.7.2-r0
A:x86_64
F:dev
R:motd
a:0:0:600

C:Q1eIGJnlEwyTNgs+1MrgYvXJ8uZF4=
P:busybox
V:1.37.0_git20240101-r30
F:

"""


def test_apks_list() -> None:
    found = {"alpine-baselayout": "3.7.2", "busybox": "1.37.0_git20240101"}
    assert apk.installed(INSTALLED) == found
    facts = replace(BOOKWORM, package_format="apk")
    assert packages_of(FakeGuest({"/lib/apk/db/installed": INSTALLED}, facts)) == found
    assert packages_of(FakeGuest({"/usr/lib/apk/db/installed": INSTALLED, "/lib": Link("usr/lib")}, facts)) == found
    with pytest.raises(GuestError):
        packages_of(FakeGuest({}, facts))
    with pytest.raises(StepAside, match="two different"):
        packages_of(FakeGuest({"/lib/apk/db/installed": INSTALLED, "/usr/lib/apk/db/installed": b""}, facts))


@pytest.mark.parametrize(
    "text",
    [b"P:a\n", b"V:1-r0\n", b"P:a\nP:b\nV:1\n", b"P:a\nV:\n", b"P:\nV:1\n", b"ADB.pckg", b"noise\n",
     b"P:a\nV:1\n\nP:a\nV:2\n"],
)  # fmt: skip
def test_what_is_no_list_of_apks(text: bytes) -> None:
    with pytest.raises(DatabaseError):
        apk.installed(text)


DESC = b"%NAME%\nlinux-api-headers\n\n%VERSION%\n1:6.10-1\n\n%BASE%\nlinux-api-headers\n\n%DESC%\nKernel headers\n\n"
FOLDER = "linux-api-headers-1:6.10-1"


def test_pacmans_list() -> None:
    assert pacman.described(DESC, FOLDER) == ("linux-api-headers", "6.10")
    facts = replace(BOOKWORM, package_format="pacman")
    local = {f"/var/lib/pacman/local/{FOLDER}/desc": DESC, "/var/lib/pacman/local/ALPM_DB_VERSION": b"9\n"}
    assert packages_of(FakeGuest({**local}, facts)) == {"linux-api-headers": "6.10"}
    for odd in ({}, {"/var/lib/pacman/local/a-1-1/files": b""}):
        with pytest.raises(GuestError):
            packages_of(FakeGuest({**odd}, facts))
    with pytest.raises(StepAside):
        packages_of(FakeGuest({"/var/lib/pacman/local/a-1-1/desc": DESC}, facts))


@pytest.mark.parametrize(
    "desc", [b"", b"%NAME%\n\n%VERSION%\n1-1\n", b"%NAME%\na\n", b"%NAME%\na\n\n%VERSION%\n1\n", DESC + DESC]
)
def test_what_is_no_entry_of_pacmans(desc: bytes) -> None:
    for folder in ("a-1", "a-1-1", "-1-1", FOLDER):
        with pytest.raises(DatabaseError):
            pacman.described(desc, folder)


@given(st.binary())
def test_texts_never_crash(text: bytes) -> None:
    readers: list[Callable[[bytes], object]] = [apk.installed, lambda text: pacman.described(text, "a-1-1")]
    for read in readers:
        for content in (text, INSTALLED + text, DESC + text):
            try:
                read(content)
            except DatabaseError:
                continue


def test_debians_list_and_those_that_are_not_read() -> None:
    status = b"Package: a\nStatus: install ok installed\nVersion: 1:2-3\n"
    assert packages_of(FakeGuest({"/var/lib/dpkg/status": status})) == {"a": "1:2-3"}
    for kind in ("portage", ""):
        with pytest.raises(GuestError, match="not read"):
            packages_of(FakeGuest({}, replace(BOOKWORM, package_format=kind)))
