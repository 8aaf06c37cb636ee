"""Who may import whom, and that what calls itself pure is held to it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


def test_every_import_contract_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    told = capsys.readouterr().out
    assert not failed, told[-4000:]


def test_what_calls_itself_pure_is_held_to_it() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = (
        each for each in config["tool"]["importlinter"]["contracts"] if "Pure" in each["name"]
    )
    held = [_pattern(each) for each in contract["source_modules"]]

    free = [
        module
        for module, docstring in _docstrings()
        if re.search(r"\bPure\b", docstring) and not any(each.fullmatch(module) for each in held)
    ]

    assert not free, "name them in the contract of pure modules (pyproject.toml)"


def _docstrings() -> list[tuple[str, str]]:
    return [
        (
            ".".join(path.relative_to(SOURCE).with_suffix("").parts),
            ast.get_docstring(ast.parse(path.read_text())) or "",
        )
        for path in sorted(SOURCE.rglob("*.py"))
    ]


def _pattern(expression: str) -> re.Pattern[str]:
    """An import-linter expression: `**` is any number of names, `*` one."""
    words = (re.escape(word) for word in expression.split("."))
    return re.compile(
        r"\.".join({r"\*\*": r"[\w.]+", r"\*": r"\w+"}.get(word, word) for word in words)
    )
