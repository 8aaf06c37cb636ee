"""`celery -A ticketyard.celery worker -Q rag_events`: do what a broker's messages say (docs/celery.md)."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from celery.signals import worker_init, worker_shutdown

from ticketyard.cli.runtime import Ground, complaints, ground, load_settings, resources_on
from ticketyard.core.resources import Resources
from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.consuming.engine import Engine
from ticketyard.outlet.consuming.tasks import ConsumerAt, build_consumer
from ticketyard.wiring import consumer_handlers

_settings = load_settings()
if not _settings.rag_broker_url.get_secret_value():
    complaints.print("[red]There is no broker to listen to:[/] set RAG_BROKER_URL.")
    raise SystemExit(2)
_standing = ExitStack()
_base: list[Ground] = []


@asynccontextmanager
async def _resources() -> AsyncIterator[Resources]:
    async with resources_on(_base[0]) as resources:
        yield resources


app = build_consumer(
    ConsumerAt(
        broker=BrokerAt(_settings.rag_broker_url.get_secret_value(), _settings.rag_task_queue),
        result_backend=_settings.celery_result_backend.get_secret_value(),
        visibility_seconds=_settings.celery_visibility_seconds,
    ),
    consumer_handlers(),
    Engine(_resources),
)


def _stand_up(**_told: object) -> None:
    """Before any process of the pool is there: reach the database, and bring it to this version."""
    _base.append(_standing.enter_context(ground(_settings)))


def _let_go(**_told: object) -> None:
    _standing.close()


worker_init.connect(_stand_up, weak=False)
worker_shutdown.connect(_let_go, weak=False)
