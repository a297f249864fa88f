"""Each requirement's page: what it means, why, before and after, distribution by distribution."""

from __future__ import annotations

from importlib.resources import files


def page(requirement_id: str) -> str:
    """The Markdown of a requirement's page. FileNotFoundError for an id without one."""
    return files("remediations").joinpath(f"{requirement_id}.md").read_text(encoding="utf-8")


def why(requirement_id: str) -> str:
    """The page's reason why the requirement matters, as one line of plain text; empty where the page gives none."""
    _, _, rest = page(requirement_id).partition("\n## Why\n")
    return " ".join(rest.partition("\n## ")[0].replace("`", "").split())
