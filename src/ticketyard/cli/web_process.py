"""The process that answers the web: the application, its server, and what works beside it."""

import asyncio
import gc
import signal
import socket

import uvicorn

from ticketyard.cli.beside import MAIL_NICENESS, WORKER_NICENESS, Beside
from ticketyard.cli.first_steps import Welcome, prepare_company
from ticketyard.cli.mail_run import is_mail_wanted
from ticketyard.cli.runtime import Ground, console, resources_on
from ticketyard.core.config import Settings
from ticketyard.core.live import Live
from ticketyard.core.resources import Resources
from ticketyard.web.app import create_app
from ticketyard.web.deps import WebSettings


class _Server(uvicorn.Server):
    """Ends the live streams before it waits for connections to end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # It is the application itself here, never the name of one.
        live: Live = self.config.app.state.live  # type: ignore[union-attr]
        live.end()
        await super().shutdown(sockets)


async def run_web(base: Ground, listening: socket.socket, *, no_worker: bool, sample: bool) -> None:
    """Serve on this port until told to end. sample: load the sample company if it is not there."""
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
