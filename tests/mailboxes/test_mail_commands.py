"""`ticketyard mail boxes`, `ledger` and `reconcile`; and the mail process beside `serve`."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread
import psycopg
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.journeys.running import Program
from tests.mailboxes.conftest import AddMailbox
from tests.mailboxes.dovecot import PASSWORD, Dovecot
from tests.mailboxes.letters import letter
from tests.mailboxes.test_fetching import reading
from tests.world import World
from ticketyard.cli.main import app
from ticketyard.cli.runtime import console
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.filing import file_waiting


@pytest.fixture
def typing(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    # The same key file as the program's parts, or the passwords stay sealed.
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    monkeypatch.setattr(console, "width", 200)
    return CliRunner()


async def type_in(runner: CliRunner, *words: str) -> Result:
    return await anyio.to_thread.run_sync(lambda: runner.invoke(app, ["mail", *words]))


async def test_books_and_what_is_missing_are_printed_and_told_by_the_exit(
    dovecot: Dovecot, user: str, add_mailbox: AddMailbox, resources: Resources, world: World,
    typing: CliRunner,
) -> None:  # fmt: skip
    dovecot.deliver(user, *[letter(number) for number in range(1, 5)])
    mailbox = await add_mailbox()
    async with reading(resources, mailbox) as reader:
        await reader.catch_up()
    await file_waiting(resources, world.company_id)

    ledger = await type_in(typing, "ledger", "--outcome", "ticket")
    assert (ledger.exit_code, "yes" in ledger.output) == (0, True)
    assert "Printer 3 is on fire" in ledger.output
    sums = await type_in(typing, "ledger")
    assert (sums.exit_code, "Printer" in sums.output, sums.exception) == (0, False, None)
    assert (await type_in(typing, "ledger", "--outcome", "tickets")).exit_code == 2
    assert (await type_in(typing, "reconcile")).exit_code == 0
    assert (await type_in(typing, "boxes")).exit_code == 0

    async with resources.db.transaction(world.company_id) as session:
        await session.execute(text("delete from mail_thread_id"))
        await session.execute(text("delete from mail_message where uid = 2"))
        await session.execute(
            text("update mailbox set failing_since = now(), last_error = 'no such host'")
        )
    torn = await type_in(typing, "ledger")
    assert (torn.exit_code, "NO" in torn.output) == (1, True)
    missing = await type_in(typing, "reconcile", "--mailbox", str(mailbox.id))
    assert (missing.exit_code, "1 (UID 2)" in missing.output) == (1, True)
    failing = await type_in(typing, "boxes")
    assert (failing.exit_code, "no such host" in failing.output) == (1, True)
    unknown = await type_in(typing, "reconcile", "--mailbox", "999")
    assert (unknown.exit_code, "does not exist" in unknown.output) == (1, True)


def mail_processes(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(each) for each in children if b"mail_run" in Path(f"/proc/{each}/cmdline").read_bytes()
    ]


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="looks at processes as Linux shows them"
)
@pytest.mark.slow
def test_serve_keeps_a_mail_process_only_while_there_is_a_mailbox(
    dovecot: Dovecot, user: str, database_url: str, tmp_path: Path
) -> None:
    entry = {"username": user, "password": PASSWORD, "imap_server": "127.0.0.1",
             "imap_port": dovecot.port, "imap_security": "none", "address": "a@b.example"}  # fmt: skip
    program = Program(
        database_url, tmp_path, environment={"EMAIL_CREDENTIALS": json.dumps([entry])}
    )
    program.start()
    try:
        dovecot.deliver(user, letter(1))
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute("select set_config('app.company_id', '1', false)")
            assert _until(lambda: owner.execute("select 1 from ticket").fetchone() is not None)
        (first,) = mail_processes(program.pid)
        os.kill(first, signal.SIGKILL)
        assert _until(lambda: mail_processes(program.pid) not in ([], [first]))
        (second,) = mail_processes(program.pid)
    finally:
        program.kill()
    assert _until(lambda: not Path(f"/proc/{second}").exists())

    quiet = Program(database_url, tmp_path).start()
    try:
        # The mailbox is no longer named, so it was switched off.
        time.sleep(4)
        assert mail_processes(quiet.pid) == []
    finally:
        quiet.stop()


def _until(what: Callable[[], bool], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False
