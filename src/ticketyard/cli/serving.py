"""Run the product: the web with worker and mail beside it; with or without the sample company."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
import uvicorn
import uvloop

from ticketyard.cli.beside import MAIL_NICENESS, WORKER_NICENESS, Beside
from ticketyard.cli.first_steps import Welcome, prepare_company
from ticketyard.cli.mail_run import is_mail_wanted
from ticketyard.cli.runtime import Ground, complaints, console, ground, load_settings, resources_on
from ticketyard.core.config import Settings
from ticketyard.core.errors import Refusal
from ticketyard.core.jobs import Worker
from ticketyard.core.live import Live
from ticketyard.core.resources import Resources
from ticketyard.web.app import create_app
from ticketyard.web.deps import WebSettings
from ticketyard.wiring import build_worker

NoWorker = Annotated[
    bool, typer.Option("--no-worker", help="Leave background work and mail to others.")
]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")]


def serve(no_worker: NoWorker = False, host: Host = None, port: Port = None) -> None:
    """Serve the desk. A fresh data directory starts empty and prints a one-time admin link."""
    _serve(_with(load_settings(), host, port), no_worker=no_worker, sample=False)


def demo(no_worker: NoWorker = False, host: Host = None, port: Port = None) -> None:
    """Serve the sample company: loaded once, with log-ins printed. Incoming mail can be played."""
    settings = _with(load_settings(), host, port).model_copy(update={"test_routes": True})
    _serve(settings, no_worker=no_worker, sample=True)


def _with(settings: Settings, host: str | None, port: int | None) -> Settings:
    given = {"host": host, "port": port}
    return settings.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )


def _serve(settings: Settings, *, no_worker: bool, sample: bool) -> None:
    listening = _listen(settings)
    with (
        ground(settings) as base,
        listening,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_run(base, listening, no_worker=no_worker, sample=sample))


def _listen(settings: Settings) -> socket.socket:
    """The port, taken before anything else is started, so that a busy one is said at once."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        # The protocol has to be named: event loops switch Nagle's delay off (40 ms for an answer in
        # two writes) only on sockets that say they are TCP.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
    except OSError as error:
        complaints.print(
            f"[red]Cannot listen on {settings.host}:{settings.port}: {error.strerror}.[/] "
            "Choose another with PORT=…"
        )
        raise typer.Exit(1) from error
    return listening


class _Server(uvicorn.Server):
    """Ends the live streams before it waits for connections to end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # It is the application itself here, never the name of one.
        live: Live = self.config.app.state.live  # type: ignore[union-attr]
        live.end()
        await super().shutdown(sockets)


async def _run(base: Ground, listening: socket.socket, *, no_worker: bool, sample: bool) -> None:
    settings = base.settings
    async with resources_on(base) as resources:
        welcome = await prepare_company(resources, settings, sample=sample)
        app = create_app(
            resources,
            settings=_web_settings(settings),
            allowed_origins=settings.allowed_origins,
        )
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=5,
            )
        )
        # What start-up made lives as long as the process; the collector need not walk it again.
        gc.collect()
        gc.freeze()
        beside = [] if no_worker else _beside(base, resources)
        # The server raises the signal once more when it is done; it must not end us before the others.
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: None)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)
        _greet(listening, welcome)
        try:
            await serving
        finally:
            await asyncio.gather(*(each.stop() for each in beside))


def _beside(base: Ground, resources: Resources) -> list[Beside]:
    """A worker; and the mail process, once there is a mailbox."""
    return [
        Beside(base, "ticketyard.cli.main", "worker", niceness=WORKER_NICENESS),
        Beside(
            base,
            "ticketyard.cli.mail_run",
            niceness=MAIL_NICENESS,
            wanted=lambda: is_mail_wanted(resources),
        ),
    ]


def _web_settings(settings: Settings) -> WebSettings:
    return WebSettings(
        session_hours=settings.session_hours,
        secure_cookies=settings.secure_cookies,
        max_upload_bytes=settings.max_upload_size,
        service_name=settings.service_name,
        metrics_token=settings.metrics_token.get_secret_value(),
        test_routes=settings.test_routes,
        sources_off=frozenset(
            source
            for source, on in (("glpi", settings.glpi_enabled), ("solman", settings.solman_enabled))
            if not on
        ),
    )


def _greet(listening: socket.socket, welcome: Welcome) -> None:
    host, port = listening.getsockname()[:2]
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    console.print(f"\n[bold]Ticketyard[/] is open on [bold]{base}[/]")
    for line in welcome.lines(base):
        console.print(line, soft_wrap=True)
    console.print("[dim]Stop with Ctrl-C.[/]\n")


def run_once(job: Callable[[Resources, Worker], Awaitable[None]]) -> None:
    """Run one command's work over a migrated database (imports, keys, people). What is refused is
    told in one line, with exit 1."""

    async def run(base: Ground) -> None:
        async with resources_on(base) as resources:
            await job(resources, build_worker(resources, base.settings))

    with ground(load_settings()) as base:
        try:
            asyncio.run(run(base))
        except Refusal as refusal:
            complaints.print(refusal.detail, style="red", markup=False)
            raise typer.Exit(1) from refusal
