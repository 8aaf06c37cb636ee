"""The docs are in step with the code: a page that is behind fails here, and `make docs` mends it."""

import re
from pathlib import Path

import pytest

from tools.write_docs import ROOT, written

PAGES = sorted((ROOT / "docs").rglob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_tables_read_off_the_code_are_up_to_date() -> None:
    behind = [
        str(page.relative_to(ROOT))
        for page, text in written().items()
        if not page.exists() or page.read_text() != text
    ]

    assert not behind, "run `make docs`"


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted(ROOT.glob("*.md"))], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())

    assert not [link for link in links if not (page.parent / link).exists()]


def test_every_decision_is_numbered_once_told_whole_and_listed() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()

    assert len(set(numbers)) == len(numbers)
    for page in DECISIONS:
        text = page.read_text().lower()
        assert all(part in text for part in ("context", "decision", "consequences")), page.name
        assert f"({page.name})" in index, f"{page.name} is not in docs/decisions/README.md"


def test_the_readme_opens_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()

    assert readme.index("make run") < readme.index("make test") < 2500


def test_what_the_code_cites_is_there() -> None:
    """Comments name sections of docs/contracts.md and decisions by their numbers."""
    headings = set(re.findall(r"(?m)^## (\d\.\d)", (ROOT / "docs" / "contracts.md").read_text()))
    decisions = {page.name[:4] for page in DECISIONS}
    missing = []
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.sql"), *PAGES]:
        text = path.read_text()
        for cited in re.findall(r"contracts ((?:\d\.\d)(?:(?:, | and )\d\.\d)*)", text):
            missing += [
                f"{path.name}: {each}"
                for each in re.findall(r"\d\.\d", cited)
                if each not in headings
            ]
        missing += [
            f"{path.name}: {each}"
            for each in re.findall(r"decisions/(\d{4})", text)
            if each not in decisions
        ]

    assert not missing
