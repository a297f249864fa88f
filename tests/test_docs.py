"""What the documents say is so: calls parse, links and pictures lead somewhere, keys are those that are bound."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from textual.keys import key_to_character

from remediations import REQUIREMENTS
from remediations.vocabulary import Level
from screens import keymap
from screens.app import WizardApp
from wizard import config, reports
from wizard.command_line import parser
from wizard.exit_codes import EXIT_CODES
from wizard.option_list import groups

ROOT = Path(__file__).parent.parent
DOCUMENTS = {
    str(file.relative_to(ROOT)): file.read_text()
    for pattern in ("README.md", "docs/*.md", "snapshots/*.md", "benchmarks/*.md", "remediations/*.md")
    for file in sorted(ROOT.glob(pattern))
}
GUIDES = {name: text for name, text in DOCUMENTS.items() if name == "README.md" or name.startswith("docs/")}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
OURS = re.compile(r"(?:^|(?<=\s))(?:bin/)?image-wizard(?: [^#|&;>]*)?$")
OPTIONS = {name for group in groups(parser()) for option in group.options for name in option.names}
OTHERS = {"--dev", "--disable-pip-version-check"}


def commands(text: str) -> Iterator[str]:
    """Every call of image-wizard in code blocks and code spans, without what the shell does to its output."""
    prose = FENCE.sub("", text)
    code = [" ".join(span.split()) for span in SPAN.findall(prose)]
    code += [line for _, block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    for line in code:
        # Up to what is the shell's own; placeholders such as IMAGE... are words to the parser.
        for piece in re.split(r"\s(?:\||\|\||&&|;|>|2>|#)\s|\s#", line):
            if found := OURS.search(piece.strip()):
                yield found.group().strip()


CALLS = sorted({(name, call) for name, text in GUIDES.items() for call in commands(text)})


def strings(node: Any) -> Iterator[str]:
    """Every text in what a YAML document holds."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from (text for value in node.values() for text in strings(value))
    elif isinstance(node, list):
        yield from (text for value in node for text in strings(value))


SAMPLES = [(name, block) for name, text in GUIDES.items() for kind, block in FENCE.findall(text) if kind == "yaml"]
SCRIPTS = [(name, block) for name, text in GUIDES.items() for kind, block in FENCE.findall(text) if kind == "sh"]


def test_there_are_samples_to_look_at() -> None:
    assert [name for name, _ in SAMPLES].count("docs/pipelines.md") >= 2
    assert len(SCRIPTS) >= 4


def test_there_are_calls_to_look_at() -> None:
    assert {name for name, _ in CALLS} >= {"README.md", "docs/tutorial.md", "docs/pipelines.md", "docs/undo.md"}
    assert len(CALLS) > 30


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_every_call_parses(name: str, call: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(call)[1:]
    # What stands for a word is one, of the kind that the option takes.
    stand_ins = {"N": "1", "N]": "1"}
    words = [stand_ins.get(word, word) for word in words]
    try:
        made = parser().parse_args(words)
    except SystemExit as ended:
        if ended.code:
            pytest.fail(capsys.readouterr().err)
        return
    known = {requirement.id for requirement in REQUIREMENTS} | {"ID"}
    for named in (made.only, made.skip, made.explain):
        assert set((named or "").split(",")) - {""} <= known
    for report in made.report:
        assert str(report) == "FILE" or reports.format_of(report)


@pytest.mark.parametrize("name", GUIDES)
def test_every_option_named_is_one(name: str) -> None:
    for span in SPAN.findall(FENCE.sub("", GUIDES[name])):
        if span.startswith("--"):
            option = re.split(r"[\s=]", span)[0]
            assert option in OPTIONS | OTHERS, span


def test_readme_and_its_documents_name_every_option() -> None:
    told = "\n".join(GUIDES.values())
    missing = [name for name in OPTIONS if name.startswith("--") and not re.search(rf"{name}\b", told)]
    assert not {*missing} - {"--no-network", "--mouse", "--version"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_and_picture_leads_somewhere(name: str) -> None:
    for target in LINK.findall(FENCE.sub("", DOCUMENTS[name])):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_every_document_can_be_reached_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in LINK.findall(DOCUMENTS["README.md"])}
    assert linked >= {name for name in GUIDES if name != "README.md"}


def test_readme_lists_every_requirement_by_its_level() -> None:
    required, _, rest = DOCUMENTS["README.md"].partition("Good practice that the guide does not name")
    for requirement in REQUIREMENTS:
        row = f"| [{requirement.id}](remediations/{requirement.id}.md) |"
        assert row in (required if requirement.level is Level.REQUIRED else rest)


def test_exit_codes_are_told_as_they_are() -> None:
    table = DOCUMENTS["docs/pipelines.md"]
    for code, meaning in EXIT_CODES:
        assert f"| {code} | {meaning}" in table
        assert f"{code} {meaning}" in " ".join(DOCUMENTS["README.md"].split())


def test_the_codes_of_errors_that_are_named_are_those_of_the_program() -> None:
    (told,) = re.findall(r"^- `error.code` is.*?(?=^- )", DOCUMENTS["docs/json.md"], re.DOTALL | re.MULTILINE)
    named = {span for span in SPAN.findall(told) if "-" in span or span == "interrupted"}
    sources = "".join(file.read_text() for file in sorted((ROOT / "wizard").glob("*.py")))
    assert len(named) == 5
    for code in named:
        assert f'"{code}"' in sources


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_every_sample_for_ci_is_yaml_whose_calls_and_files_are_right(name: str, sample: str) -> None:
    told = [line for text in strings(yaml.safe_load(sample)) for line in text.splitlines()]
    calls = [call for line in told for call in commands(f"```\n{line}\n```\n")]
    assert len(calls) == sum("image-wizard " in line for line in told)
    assert {(name, call) for call in calls} <= {*CALLS}, "test_every_call_parses has looked at each"
    if not calls:
        return
    written = {str(file) for call in calls for file in parser().parse_args(shlex.split(call)[1:]).report}
    read = {word for line in told for word in line.split() if Path(word).suffix in reports.FORMATS}
    assert read <= written, "what is kept or shown must have been written"


@pytest.mark.parametrize(("name", "sample"), SCRIPTS)
def test_every_sample_for_the_shell_is_one(name: str, sample: str) -> None:
    read = subprocess.run(["sh", "-n"], input=sample, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, ""), name


def test_every_suffix_of_a_report_is_told() -> None:
    for suffix in reports.FORMATS:
        assert f"`{suffix}`" in DOCUMENTS["docs/pipelines.md"]


def test_the_configuration_shown_is_accepted(tmp_path: Path) -> None:
    (sample,) = [block for kind, block in FENCE.findall(DOCUMENTS["docs/configuration.md"]) if kind == "yaml"]
    file = tmp_path / "config.yaml"
    file.write_text(sample)
    read = config.load(file)
    assert {*read.defaults} == {*config.DEFAULTS}
    assert keymap.keymap(read.keys, WizardApp)["app.help"] == "question_mark,f9"


def test_the_table_of_keys_is_that_of_the_bindings() -> None:
    rows: dict[str, tuple[list[str], str]] = {}
    for owner in (WizardApp, *keymap.screen_classes()):
        for binding in keymap.bindings(owner):
            keys, _ = rows.setdefault(str(binding.id), ([], binding.tooltip or binding.description))
            if binding.key not in keys:
                keys.append(binding.key)
    wanted = [f"| `{name}` | {_spoken(keys)} | {told} |" for name, (keys, told) in sorted(rows.items()) if told]
    stands = [line for line in DOCUMENTS["docs/wizard.md"].splitlines() if re.match(r"\| `[a-z]+\.", line)]
    assert stands == wanted, "docs/wizard.md wants:\n" + "\n".join(wanted)


def _spoken(keys: list[str]) -> str:
    """Keys by the names that the configuration takes; a bar would end the table's cell."""
    signs = [sign if (sign := key_to_character(key)) and sign.isprintable() and sign != " " else key for key in keys]
    return " ".join(f"`{sign}`" for sign in signs).replace("|", "\\|")
