"""Rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "ticketyard"
FILES = sorted(SOURCE.rglob("*.py"))

HEAVY = frozenset(
    {
        "onnxruntime",
        "tokenizers",
        "sklearn",
        "scipy",
        "numpy",
        "py3langid",
        "holidays",
        "celery",
        "qdrant_client",
    }
)
# Where a library stands inside a function, because most runs never come by.
MAY_WAIT = ("ai/", "sla/", "outlet/", "knowledge/retrieving/qdrant.py")
LINES_MAX = 400
TREES = {str(path.relative_to(SOURCE)): ast.parse(path.read_text()) for path in FILES}


def test_every_module_says_what_it_is_for_in_one_line() -> None:
    wrong = []
    for name, tree in TREES.items():
        first = (ast.get_docstring(tree) or "").split("\n\n")[0]
        if not first.endswith((".", "?", "…")) or "\n" in first:
            wrong.append(name)

    assert not wrong, (
        "the docstring begins with one line that ends in a stop; more after an empty one"
    )


def test_files_are_short_enough_to_read() -> None:
    assert not [
        name
        for name, path in zip(TREES, FILES, strict=True)
        if len(path.read_text().splitlines()) > LINES_MAX
    ]


def test_files_are_named_after_what_they_do() -> None:
    vague = {
        "utils",
        "util",
        "helpers",
        "helper",
        "service",
        "services",
        "common",
        "manager",
        "misc",
    }

    assert not [name for name, path in zip(TREES, FILES, strict=True) if path.stem in vague]


def test_only_the_database_module_commits() -> None:
    """One request or job is one transaction; what commits on the way breaks it in two."""
    allowed = {"core/db.py"}

    assert not [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        if name not in allowed
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback")
    ]


def test_imports_stand_at_the_top() -> None:
    """Save for commands, and for heavy libraries that most runs never need."""
    hidden = {
        (f"{name}:{line}", module)
        for name, tree in TREES.items()
        for line, module in _imports_inside_functions(tree)
        if not name.startswith("cli/")
        and not (name.startswith(MAY_WAIT) and module.split(".")[0] in HEAVY)
    }

    assert not hidden


def _imports_inside_functions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from ((node.lineno, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield node.lineno, node.module or ""


def test_no_class_is_a_repository_or_a_service() -> None:
    """A session already is a unit of work: verbs take it, and nothing stands in between."""
    assert not [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and re.search("(Repository|Service|Helper)$", node.name)
    ]
