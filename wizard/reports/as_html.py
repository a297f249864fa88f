"""The report as one HTML file that needs nothing else: no script, no picture, no address; light or dark.

All text goes through :func:`escaped`; tags come from this file alone. The page forbids itself everything but its style.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from importlib.resources import files

from remediations.vocabulary import Status
from wizard import plain
from wizard.change import CommandResult, FileChange
from wizard.document import SYMBOLS, Outcome
from wizard.report import Assessment
from wizard.reports.run import COMMAND, Run, diff_lines, facts, fix_told, grouped, notes, place, touched, verdict, was
from wizard.visible import visible, visible_lines

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_OPEN = (Status.FAIL, Status.UNKNOWN)


def text(run: Run) -> str:
    """The whole file."""
    style = files("wizard.reports").joinpath("page.css").read_text(encoding="utf-8")
    names = ", ".join(escaped(outcome.path) for outcome in run.outcomes[:3])
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{names}{', …' if len(run.outcomes) > 3 else ''}: image-wizard</title>",
        f"<style>\n{style}</style></head><body>",
        "<h1>Images against the OpenStack image guide</h1>",
        f'<p class="muted">{escaped(run.made)}{". Good practice counts as required." if run.strict else ""}</p>',
        *(_overview(run) if len(run.outcomes) > 1 else ()),
    ]
    for number, outcome in enumerate(run.outcomes, 1):
        lines += _image(number, outcome, run)
    return "\n".join([*lines, "</body></html>", ""])


def escaped(told: str) -> str:
    """One line of any origin as text of the page."""
    return html.escape(visible(told))


def _overview(run: Run) -> Iterator[str]:
    heads = "".join(f'<th class="number">{status}</th>' for status in Status)
    yield f"<table><thead><tr><th>image</th><th>verdict</th>{heads}</tr></thead><tbody>"
    for number, outcome in enumerate(run.outcomes, 1):
        counts = outcome.report.counts if outcome.report else None
        numbers = "".join(f'<td class="number">{counts[status] if counts else ""}</td>' for status in Status)
        name = f'<a href="#image-{number}">{escaped(outcome.path)}</a>'
        yield f"<tr><td>{name}</td><td>{_verdict(outcome, run)}</td>{numbers}</tr>"
    yield "</tbody></table>"


def _verdict(outcome: Outcome, run: Run) -> str:
    word = verdict(outcome, strict=run.strict)
    return f'<span class="{word}">{word}</span>'


def _image(number: int, outcome: Outcome, run: Run) -> Iterator[str]:
    yield f'<section><h2 id="image-{number}">{escaped(outcome.path)}: {_verdict(outcome, run)}</h2>'
    if outcome.error is not None:
        error = outcome.error
        yield f'<div class="box error"><p><strong>Error</strong> <code>{escaped(error.code)}</code></p>'
        yield f"<p>{escaped(error.message)}</p><p>{escaped(error.next)}</p></div>"
    if told := notes(outcome):
        yield '<div class="box">' + "".join(f"<p>{escaped(note)}</p>" for note in told) + "</div>"
    if known := facts(outcome):
        yield "<dl>" + "".join(f"<dt>{label}</dt><dd>{_fact(label, value)}</dd>" for label, value in known) + "</dl>"
    if report := outcome.report:
        counts = (f'<span class="{s}">{SYMBOLS[s]} {count} {s}</span>' for s, count in report.counts.items())
        yield f"<p>{' &nbsp; '.join(counts)}</p>"
        for title, members in grouped(report):
            yield f"<h3>{title}</h3>"
            for assessment in members:
                yield from _assessment(outcome, assessment)
    yield from _change(outcome)
    yield "</section>"


def _fact(label: str, value: str) -> str:
    return f"<code>{escaped(value)}</code>" if label == COMMAND else escaped(value)


def _assessment(outcome: Outcome, assessment: Assessment) -> Iterator[str]:
    requirement, finding, fix = assessment.requirement, assessment.finding, assessment.fix
    before = was(outcome, assessment)
    turned = f' <span class="muted">(was {before})</span>' if before else ""
    status = f'<span class="status {finding.status}">{SYMBOLS[finding.status]} {finding.status}</span>'
    yield f"<details{' open' if finding.status in _OPEN else ''}>"
    yield f"<summary>{status}<code>{escaped(requirement.id)}</code>"
    yield f"{escaped(requirement.title)}{turned}</summary><div><p>{escaped(finding.summary)}</p>"
    if finding.evidence:
        rows = (
            f"<tr><td><code>{escaped(place(e))}</code></td><td><code>{escaped(e.text.strip())}</code></td></tr>"
            for e in finding.evidence
        )
        yield f"<table>{''.join(rows)}</table>"
    if fix is not None:
        label, told = fix_told(fix)
        yield f"<p><strong>{label}:</strong> {escaped(told)}</p>"
    for name, reason in outcome.preview.failed if outcome.preview else ():
        if name == requirement.id:
            yield f"<p><strong>Not fixed:</strong> {escaped(reason)}</p>"
    if requirement.guide:
        yield f'<p class="muted">The guide: {escaped(requirement.guide)}</p>'
    yield "</div></details>"


def _change(outcome: Outcome) -> Iterator[str]:
    sentences = list(plain.done(outcome))
    if not sentences:
        return
    yield "<h3>What was done</h3>"
    yield from (f"<p>{escaped(sentence)}</p>" for sentence in sentences)
    if command := plain.undo_command(outcome):
        yield f"<p>To take it back:</p><pre>{escaped(command)}</pre>"
    for changed, commands, packages in touched(outcome):
        yield from (f"<p>{escaped(line)}</p>" for line in plain.packages_lines(packages))
        yield from map(_file, changed)
        yield from map(_command, commands)


def _file(file: FileChange) -> str:
    lines = "\n".join(_diff_line(number, line) for number, line in enumerate(diff_lines(file)))
    title = f"<code>{escaped(file.path)}</code> {file.verb}{' (generated)' if file.generated else ''}"
    return f"<details><summary>{title}</summary><div><pre>{lines}</pre></div></details>"


def _diff_line(number: int, line: str) -> str:
    looks = {"+": "add", "-": "del", "@": "hunk"}
    look = looks.get(line[:1]) if number > 1 else None
    return f'<span class="{look}">{escaped(line)}</span>' if look else escaped(line)


def _command(command: CommandResult) -> str:
    output = html.escape(visible_lines(command.output).rstrip("\n"))
    title = f"<code>$ {escaped(' '.join(command.argv))}</code>"
    return f"<details><summary>{title}</summary><div><pre>{output}</pre></div></details>"
