"""A desk that is backed up and brought back elsewhere is the same desk."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from ticketyard.cli.main import app
from ticketyard.core.embedded import EmbeddedPostgres

pytestmark = pytest.mark.slow

TABLES = ("company", "person", "category", "event", "job_item", "applied_function")


def run(data: Path, *words: str, **environment: str) -> Result:
    return CliRunner().invoke(
        app, list(words), env={"DATA_DIR": str(data), "LOG_LEVEL": "ERROR", **environment}
    )


@pytest.fixture
def folder(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(open_folder)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return open_folder


def desk(data: Path) -> None:
    """A desk with a company, somebody in it, and a file."""
    postgres = EmbeddedPostgres(data / "postgres")
    url = postgres.start()
    try:
        assert run(data, "migrate").exit_code == 0
        with psycopg.connect(url) as owner:
            owner.execute("select found_company('North', 'north', 'ru', 'UTC', '{ru}')")
        made = run(data, "user", "create", "ana@example.com", "--password", "a long enough one")
        assert made.exit_code == 0, made.output
    finally:
        postgres.stop()
    (data / "blobs" / "1" / "ab").mkdir(parents=True)
    (data / "blobs" / "1" / "ab" / "abcd").write_bytes(b"a scan")


def content(data: Path) -> dict[str, Any]:
    postgres = EmbeddedPostgres(data / "postgres")
    postgres.start()
    try:
        with psycopg.connect(postgres.url(user="postgres")) as superuser:
            return {
                table: superuser.execute(f"select t::text from {table} t order by 1").fetchall()
                for table in TABLES
            }
    finally:
        postgres.stop()


def test_a_desk_comes_back_as_it_was(folder: Path) -> None:
    desk(folder / "old")
    archive = folder / "desk.tar"

    kept = run(folder / "old", "backup", str(archive))
    assert kept.exit_code == 0, kept.output
    back = run(folder / "new", "restore", str(archive))
    assert back.exit_code == 0, back.output

    assert content(folder / "new") == content(folder / "old")
    assert (folder / "new" / "blobs" / "1" / "ab" / "abcd").read_bytes() == b"a scan"
    # It is a whole desk: the application's role may work in it, and histories still only grow.
    again = run(
        folder / "new", "user", "create", "bo@example.com", "--password", "a long enough one"
    )
    assert again.exit_code == 0, again.output

    again = run(folder / "new", "restore", str(archive))
    assert again.exit_code == 1
    assert "already" in again.output
    assert run(folder / "old", "backup", str(archive)).exit_code == 1


def test_the_key_of_sealed_passwords_stays_outside_and_is_spoken_of(folder: Path) -> None:
    desk(folder / "old")
    (folder / "old" / "secret.key").write_text("a key")
    archive = folder / "desk.tar"

    kept = run(folder / "old", "backup", str(archive))
    assert "secret.key" in "".join(kept.output.split("\n"))
    assert b"a key" not in archive.read_bytes()
    without = run(folder / "new", "restore", str(archive))
    assert without.exit_code == 0, without.output
    assert "secret.key" in "".join(without.output.split("\n"))

    (folder / "third").mkdir()
    (folder / "third" / "secret.key").write_text("a key")
    with_key = run(folder / "third", "restore", str(archive))
    assert with_key.exit_code == 0, with_key.output
    assert "secret.key" not in "".join(with_key.output.split("\n"))


def test_what_is_no_archive_is_said(folder: Path) -> None:
    (folder / "no.tar").write_text("hello")

    answer = run(folder / "new", "restore", str(folder / "no.tar"))

    assert answer.exit_code == 1
    # A long path breaks the line wherever it likes.
    assert "no archive of ours" in " ".join(answer.output.split())
