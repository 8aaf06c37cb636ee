"""`ticketyard import` as a person runs it: a process, three files, a table."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.intake.test_importing import GUID, MANAGERS, OFFICES, TICKETS

pytestmark = pytest.mark.slow


def run_import(
    database_url: str, folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", "ticketyard.cli.main", "import", *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in (("o.csv", OFFICES), ("m.csv", MANAGERS), ("t.csv", TICKETS)):
        (tmp_path / name).write_text(content)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "photo.jpg").write_bytes(b"jpeg")
    (tmp_path / "texts.csv").write_text(
        "body,label\nMy printer is broken,printer\nHello,greeting\n"
    )
    return tmp_path


def test_three_files_on_a_fresh_database(database_url: str, files: Path) -> None:
    three = ("o.csv", "m.csv", "t.csv", "--attachments", "files")
    done = run_import(database_url, files, *three)
    assert done.returncode == 0, done.stderr
    assert "Бекова Б." in done.stdout
    assert "2 tickets: 2 new, 0 changed, 0 unchanged; 2 analysed, 2 assigned." in done.stdout
    assert "m.csv, line 4, column “Офис”: no office has this name (row skipped)" in done.stderr

    again = run_import(database_url, files, *three)
    assert "2 tickets: 0 new, 0 changed, 2 unchanged" in again.stdout
    with psycopg.connect(database_url) as connection:
        connection.execute("select set_config('app.company_id', '1', false)")
        held = connection.execute("select filename, size_bytes from attachment").fetchall()
        guids = connection.execute("select source_reference from ticket order by id").fetchall()
    assert held == [("photo.jpg", 4)]
    assert guids == [(f"{GUID}1",), (f"{GUID}2",)]


def test_any_table_by_a_mapping(database_url: str, files: Path) -> None:
    mapping = "title=body,category=label"
    done = run_import(database_url, files, "--tickets", "texts.csv", "--map", mapping)
    assert done.returncode == 0, done.stderr
    assert "2 tickets: 2 new" in done.stdout
    assert "line 3, column “label”: not one of the company's categories" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("o.csv",), 2, "three files"),
        (("o.csv", "m.csv", "missing.csv"), 2, "missing.csv"),
        (("--tickets", "texts.csv", "--map", "titel=body"), 2, "“titel” is not a field"),
        (("--tickets", "texts.csv", "--map", "title=text"), 1, "no such column"),
        (("o.csv", "t.csv", "m.csv"), 1, "no such column"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    database_url: str, files: Path, arguments: tuple[str, ...], code: int, word: str
) -> None:
    done = run_import(database_url, files, *arguments)
    assert done.returncode == code
    assert word in done.stderr.replace("\n", " ")
    with psycopg.connect(database_url) as connection:
        connection.execute("select set_config('app.company_id', '1', false)")
        assert connection.execute("select count(*) from import_run").fetchone() == (0,)
