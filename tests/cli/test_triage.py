"""`ticketyard triage` over a real desk: train, look, evaluate, promote, roll back."""

from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner, Result

from tests.triage.learning.lessons import all_texts
from tests.world import World
from ticketyard.cli.main import app


@pytest.fixture
def typing(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TICKETYARD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    return CliRunner()


async def type_in(runner: CliRunner, *words: str) -> Result:
    """A command runs its own event loop, so it gets a thread of its own."""
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, ("triage", *words)))


def write(path: Path, count: int) -> str:
    rows = ["text,label", *(f'"{text}",{label}' for text, label in all_texts()[:count])]
    path.write_text("\n".join(rows), encoding="utf-8")
    return str(path)


async def test_from_a_file_to_a_rollback(world: World, typing: CliRunner, tmp_path: Path) -> None:
    for version, count in ((1, 80), (2, 120)):
        trained = await type_in(typing, "train", write(tmp_path / "examples.csv", count))
        assert trained.exit_code == 0, trained.output
        assert f"Version {version} is in use" in trained.output
    listed = await type_in(typing, "models")
    assert "current" in listed.output
    assert "retired" in listed.output
    judged = await type_in(typing, "evaluate", write(tmp_path / "held-out.csv", 200))
    assert "200 texts, answered by classifier" in judged.output
    assert "calibration error" in judged.output
    said = " ".join(judged.output.split())
    assert "120 texts, or copies of them" in said
    assert "right of the other 80" in said
    back = await type_in(typing, "rollback")
    assert "Version 1 is in use again." in back.output
    forth = await type_in(typing, "promote", "2")
    assert "Version 2 is in use." in forth.output
    rules = await type_in(typing, "rollback", "--rules", "--reason", "It sorts too boldly.")
    assert "Rules answer again; no version is in use." in rules.output
    said = " ".join((await type_in(typing, "models")).output.split())
    assert "Command line went back from it on" in said
    assert "It sorts too boldly." in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train",), "There is no example to learn from yet"),
        (("train", "--field", "team"), "There is no example to learn from yet"),
        (("rollback",), "No version is in use"),
        (("promote", "4"), "There is no version 4"),
    ],
)
async def test_what_is_refused_is_told_in_a_line(
    world: World, typing: CliRunner, words: tuple[str, ...], said: str
) -> None:
    result = await type_in(typing, *words)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output
