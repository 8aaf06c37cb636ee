"""The PostgreSQL that comes along: starts, is attached to, survives kills, stops with its parent."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from ticketyard.core.embedded import EmbeddedPostgres

pytestmark = pytest.mark.slow


@pytest.fixture
def home(open_folder: Path) -> Path:
    return open_folder / "home"


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return row[0]


def test_it_starts_empty_understands_cyrillic_and_keeps_what_it_is_given(home: Path) -> None:
    postgres = EmbeddedPostgres(home)
    url = postgres.start()
    assert one(url, "select lower('АЛМАТЫ')") == "алматы"
    assert one(url, "select to_tsvector('russian', 'Принтеры') @@ to_tsquery('russian', 'принтер')")
    assert one(url, "show fsync") == "on"
    assert one(url, "select rolsuper from pg_roles where rolname = current_user") is False
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (7)")
    postgres.stop()
    again = EmbeddedPostgres(home)
    assert one(again.start(), "select n from kept") == 7
    again.stop()


def test_a_second_program_attaches_and_does_not_stop_what_it_did_not_start(home: Path) -> None:
    first, second = EmbeddedPostgres(home), EmbeddedPostgres(home)
    url = first.start()
    assert second.start() == url
    second.stop()
    assert one(url, "select 1") == 1
    first.stop()


def test_a_wrong_password_is_refused(home: Path) -> None:
    postgres = EmbeddedPostgres(home)
    url = postgres.start()
    password = psycopg.conninfo.conninfo_to_dict(url)["password"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(str(password), "guess"))
    postgres.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death is only told on Linux")
def test_it_stops_when_its_program_is_killed_and_starts_again_with_everything(home: Path) -> None:
    program = textwrap.dedent(
        f"""
        import time, psycopg
        from pathlib import Path
        from ticketyard.core.embedded import EmbeddedPostgres
        url = EmbeddedPostgres(Path({str(home)!r})).start()
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 42 as n")
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"ready\n"
        server = _server(home)
        os.kill(child.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while Path(f"/proc/{server}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{server}").exists() or "Z" in Path(f"/proc/{server}/stat").read_text()
    again = EmbeddedPostgres(home)
    assert one(again.start(), "select n from kept") == 42
    again.stop()


def test_it_is_started_again_when_it_is_killed(home: Path) -> None:
    postgres = EmbeddedPostgres(home)
    url = postgres.start()
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as n")
    for _ in range(2):
        os.kill(_server(home), signal.SIGKILL)
        assert _eventually(url, "select n from kept") == 42
    running = _server(home)
    postgres.stop()
    assert not Path(f"/proc/{running}").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def _server(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def _eventually(url: str, query: str) -> object:
    until = time.monotonic() + 30
    while True:
        try:
            return one(url, query)
        except psycopg.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_a_stale_pid_file_of_somebody_elses_process_harms_nobody(home: Path) -> None:
    postgres = EmbeddedPostgres(home)
    postgres.start()
    pid_file = home / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.stop()
    with subprocess.Popen(["sleep", "30"]) as innocent:
        pid_file.write_text("\n".join([str(innocent.pid), *lines[1:]]) + "\n")
        again = EmbeddedPostgres(home)
        url = again.start()
        assert one(url, "select 1") == 1
        assert innocent.poll() is None
        again.stop()
        innocent.kill()
