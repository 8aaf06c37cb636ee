"""`ticketyard backup` and `ticketyard restore`: database and files in one archive."""

import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from ticketyard.cli.runtime import Ground, complaints, console, ground, load_settings
from ticketyard.core.config import Settings
from ticketyard.core.db import APP_ROLE, plain_url
from ticketyard.core.embedded import client_program
from ticketyard.core.log import strike
from ticketyard.core.sealing import KEY_FILE
from ticketyard.migrations.running import upgrade
from ticketyard.wiring import embedded

DUMP = "database.dump"
BLOBS = "blobs"


class _Failed(Exception):
    """It cannot be done; the text says why."""


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write; must not exist.")],
) -> None:
    """Write database and files into one archive; the desk may go on working meanwhile.

    The database comes first: a file is stored before the row that names it, so whatever the
    database speaks of is there when the files are read.
    """
    settings = load_settings()
    part = file.with_name(f"{file.name}.part")
    try:
        if file.exists():
            raise _Failed(f"{file} exists already.")
        with ground(settings) as base, tempfile.TemporaryDirectory() as folder:
            dump = Path(folder) / DUMP
            _run(
                settings,
                "pg_dump",
                "--format=custom",
                f"--file={dump}",
                f"--dbname={_reader(base)}",
            )
            with tarfile.open(part, "w") as archive:
                archive.add(dump, DUMP)
                if _files(settings).is_dir():
                    archive.add(_files(settings), BLOBS)
        part.rename(file)
    except _Failed as failure:
        part.unlink(missing_ok=True)
        complaints.print(f"[red]{failure}[/]")
        raise typer.Exit(1) from failure
    console.print(f"Kept in {file}: {file.stat().st_size / 1e6:.1f} MB.")
    if settings.minio_endpoint:
        complaints.print("The files are in the object storage: it needs a backup of its own.")
    if _key_file(settings).exists():
        complaints.print(
            f"The passwords of mailboxes are in it, sealed. Keep {_key_file(settings)} too, in "
            "another place: without it they are entered anew."
        )


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An archive.")],
) -> None:
    """Bring an archive back, into an empty data directory or an empty database."""
    settings = load_settings()
    try:
        with (
            ground(settings, migrate=False) as base,
            tempfile.TemporaryDirectory() as folder,
            tarfile.open(file) as archive,
        ):
            _refuse_if_used(base.url)
            archive.extract(DUMP, folder, filter="data")
            _restore_database(settings, base.url, Path(folder) / DUMP)
            _restore_files(archive, settings)
            upgrade(base.url)
    except (_Failed, KeyError, tarfile.TarError) as failure:
        problem = failure if isinstance(failure, _Failed) else f"{file} is no archive of ours."
        complaints.print(f"[red]{problem}[/]")
        raise typer.Exit(1) from failure
    console.print("The desk is back.")
    if not settings.secret_key.get_secret_value() and not _key_file(settings).exists():
        complaints.print(
            f"The passwords of mailboxes are sealed: put the old {KEY_FILE} into "
            f"{settings.data_dir}, or set TICKETYARD_SECRET_KEY, or enter them anew."
        )


def _key_file(settings: Settings) -> Path:
    """The key is no part of the archive: whoever finds one shall not have the other."""
    return settings.data_dir / KEY_FILE


def _reader(base: Ground) -> str:
    """Who reads everything. The owner is bound by row-level security; the embedded server's own
    superuser is not. Elsewhere the user of DATABASE_URL must be allowed to (BYPASSRLS)."""
    postgres = embedded(base.settings)
    return postgres.url(user="postgres") if postgres else plain_url(base.url)


def _files(settings: Settings) -> Path:
    return settings.upload_dir or settings.data_dir / "blobs"


def _refuse_if_used(url: str) -> None:
    with psycopg.connect(plain_url(url)) as connection:
        row = connection.execute("select to_regclass('alembic_version')").fetchone()
    if row and row[0]:
        raise _Failed("There is a desk in this database already; restore into an empty one.")


def _restore_database(settings: Settings, url: str, dump: Path) -> None:
    """Everything will belong to the owner of this database, whoever it belonged to before."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        known = connection.execute("select from pg_roles where rolname = %s", (APP_ROLE,))
        if known.fetchone() is None:
            connection.execute(f"create role {APP_ROLE} nologin")
            connection.execute(f"grant {APP_ROLE} to current_user")
        listed = _run(settings, "pg_restore", "--list", str(dump))
        with tempfile.NamedTemporaryFile("w") as wanted:
            # Default privileges name the former owner; they are given anew below.
            wanted.writelines(
                f"{line}\n" for line in listed.splitlines() if "DEFAULT ACL" not in line
            )
            wanted.flush()
            _run(
                settings, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner",
                "--no-comments", f"--use-list={wanted.name}", f"--dbname={plain_url(url)}",
                str(dump),
            )  # fmt: skip
        connection.execute(
            f"alter default privileges in schema public grant usage on sequences to {APP_ROLE}"
        )


def _restore_files(archive: tarfile.TarFile, settings: Settings) -> None:
    target = _files(settings)
    target.mkdir(parents=True, exist_ok=True)
    for member in archive.getmembers():
        if member.name.startswith(f"{BLOBS}/"):
            member.name = member.name.removeprefix(f"{BLOBS}/")
            archive.extract(member, target, filter="data")


def _run(settings: Settings, name: str, *arguments: str) -> str:
    program = client_program(name, of_machine=bool(settings.database_url.get_secret_value()))
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, our own arguments
        [program, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        # The first line says it; what follows may repeat the connection's address.
        raise _Failed(strike(f"{name}: {(done.stderr.strip() or 'failed').splitlines()[0]}"))
    return done.stdout
