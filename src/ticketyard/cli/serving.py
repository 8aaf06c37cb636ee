"""Run the product: the web with worker and mail beside it; with or without the sample company."""

import asyncio
import socket
from typing import Annotated

import typer
import uvloop

from ticketyard.cli.runtime import complaints, ground, load_settings
from ticketyard.core.config import Settings

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
    # Not above: every other command would wait a second for the web's parts, and hold them.
    from ticketyard.cli.web_process import run_web

    listening = _listen(settings)
    with (
        ground(settings) as base,
        listening,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(run_web(base, listening, no_worker=no_worker, sample=sample))


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
