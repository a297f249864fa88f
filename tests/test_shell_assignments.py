"""Shell assignments: read as the shell reads them, edited in place."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from grub_texts import CLOUDIMG_DEFAULTS, DEBIAN_DEFAULTS, UBUNTU_DEFAULTS
from hypothesis import given
from hypothesis import strategies as st

from remediations.linux.shell_assignments import UNKNOWN, ShellSyntaxError, evaluate, parse, with_words


def value(content: bytes, name: str = "A") -> str:
    return evaluate((parse(content),), {})[name]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"A=", ""),
        (b"A=a#b # c", "a#b"),
        (b"A='a \"b' B=x", 'a "b'),
        (b'A="a \\"b\\" \\x""c"d\'e\'', 'a "b" \\xcde'),
        (b"A=a\\ b\\'", "a b'"),
        (b'A="a \\\n b"\n', "a  b"),
        (b"export A=1; # x\nexport A B\n", "1"),
        (b'B=x\nA="$B ${B}"', "x x"),
        (b"A=$UNSET-x", f"{UNKNOWN}-x"),
        (b"A=`( . /etc/os-release; echo ${NAME:-Debian} ) 2>/dev/null || echo Debian`z", f"{UNKNOWN}z"),
        (b"A=$(echo \"$(x)\" ')' \\) )z", f"{UNKNOWN}z"),
        (b"A=${B:-}}", f"{UNKNOWN}}}"),
        (b"A=1\nA+=2", "12"),
        (b'A="x"\r\nB=2\r\n', "x"),
        (b'A="\xff"', "\udcff"),
    ],
)
def test_values_are_read_as_the_shell_does(content: bytes, expected: str) -> None:
    assert value(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"A",
        b"A =1",
        b"A=1 ls",
        b"if x; then",
        b"A=(1 2)",
        b"A=1 && B=2",
        b"A=1 & B=2",
        b". x",
        b'A="x',
        b"A='x",
        b"A=`x",
        b"A=$(x",
        b"A=${x",
        b"A=\\",
        b"A=$1",
        b"A=$'x'",
        b"A=x>y",
        b"f() {",
        b"A=\x00",
        b"unset A",
        b"2A=1",
        b"A[1]=2",
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(ShellSyntaxError, match="line 1"):
        parse(content)


@pytest.mark.parametrize("content", [DEBIAN_DEFAULTS, UBUNTU_DEFAULTS, CLOUDIMG_DEFAULTS])
def test_stock_files_are_understood(content: bytes) -> None:
    assert "GRUB_CMDLINE_LINUX_DEFAULT" in evaluate((parse(content),), {})


def test_a_value_that_doubles_itself_is_bounded() -> None:
    assert len(value(b"A=xxxxxxxx\n" + b'A="$A$A"\n' * 60)) < 200_000


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'A=""', b'A="w v"'),
        (b"A=''\r\n", b"A='w v'\r\n"),
        (b"A=", b'A="w v"'),
        (b"A=x # c", b'A="x w v" # c'),
        (b'A="x"', b'A="x w v"'),
        (b'A="x "', b'A="x w v"'),
        (b'A=x\\"', b'A=x\\"" w v"'),
        (b"A='x\\'", b"A='x\\ w v'"),
        (b'A="$B"', b'A="$B w v"'),
        (b"A=`b`\n", b'A=`b`" w v"\n'),
    ],
)
def test_words_go_into_the_value_as_it_is_quoted(before: bytes, after: bytes) -> None:
    file = parse(before)
    assert with_words(file, file.assignments[0], "w v") == after


@given(st.binary() | st.text("A=\"'$`\\ \n\r#;x(){}").map(str.encode))
def test_any_bytes_are_read_or_refused_and_only_the_value_changes(content: bytes) -> None:
    try:
        file = parse(content)
    except ShellSyntaxError:
        return
    for assignment in file.assignments:
        after = with_words(file, assignment, "word")
        again = parse(after)
        assert len(again.assignments) == len(file.assignments)
        assert evaluate((again,), {})[assignment.name].replace(UNKNOWN, "?").endswith("word") or (
            assignment is not [a for a in file.assignments if a.name == assignment.name][-1]
        )
        assert after.decode("utf-8", "surrogateescape").startswith(file.text[: assignment.start])
        assert after.decode("utf-8", "surrogateescape").endswith(file.text[assignment.end :])


@pytest.mark.skipif(shutil.which("dash") is None, reason="no dash to compare with")
@given(st.text("ab \"'\\#$B={}\n", max_size=12))
def test_what_is_understood_is_what_dash_says(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    content = f"B=q\nA={text}\n".encode()
    try:
        expected = value(content)
    except ShellSyntaxError:
        return
    if UNKNOWN in expected:
        return
    path = Path(tmp_path_factory.getbasetemp()) / "assignments"
    path.write_bytes(content)
    run = subprocess.run(
        ["dash", "-c", '. "$0"; printf "%s" "$A"', str(path)], capture_output=True, check=False, env={"PATH": "/bin"}
    )
    assert run.stdout.decode() == expected
