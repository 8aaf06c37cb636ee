"""The Celery application that consumes spec 4's tasks: late acknowledgement, back-off, JSON alone."""

import random
from dataclasses import dataclass, field

from celery import Celery
from celery import Task as CeleryTask
from celery.signals import setup_logging

from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.consuming.engine import Engine
from ticketyard.outlet.consuming.handling import Handlers, Result, StillBusy, handle
from ticketyard.outlet.consuming.redis_transport import use_for_redis
from ticketyard.outlet.describing import Task, task_name

RETRIES = 8
_FIRST_RETRY_SECONDS = 2
_RETRY_MAX_SECONDS = 240
# How often Redis is asked for what died with its consumer, at most.
_RESTORE_MAX_SECONDS = 10


@dataclass(frozen=True)
class ConsumerAt:
    """Where messages come from, where results go, and after how long a dead consumer's come again."""

    broker: BrokerAt
    result_backend: str = field(default="", repr=False)
    visibility_seconds: int = 300


def build_consumer(at: ConsumerAt, handlers: Handlers, engine: Engine) -> Celery:
    """The application that `celery -A … worker` runs."""
    use_for_redis()
    app = Celery("ticketyard", set_as_current=False)
    app.conf.update(
        broker_url=at.broker.url or None,
        result_backend=at.result_backend or None,
        task_default_queue=at.broker.queue,
        # What is taken is given back when its consumer dies, and done again: see ledger.py.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_transport_options=_transport_options(at),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        accept_content=["json"],
        task_serializer="json",
        result_serializer="json",
        enable_utc=True,
        worker_hijack_root_logger=False,
    )
    for task in handlers.offered():
        _offer(app, task, handlers, engine)
    setup_logging.connect(_keep_our_log, weak=False)
    return app


def _transport_options(at: ConsumerAt) -> dict[str, object]:
    if not at.broker.url.startswith(("redis", "rediss", "sentinel")):
        return {}
    return {
        "visibility_timeout": at.visibility_seconds,
        "unacked_restore_interval": min(_RESTORE_MAX_SECONDS, max(1, at.visibility_seconds // 2)),
        "socket_connect_timeout": 4,
    }


def _offer(app: Celery, task: Task, handlers: Handlers, engine: Engine) -> None:
    # Whatever a message brings as arguments, it is our reading that refuses it.
    def run(self: CeleryTask, payload: object = None, *_more: object, **_named: object) -> Result:
        try:
            return engine.run(lambda resources: handle(resources, handlers, task, payload))
        except StillBusy as busy:
            # Not an error of its own, so it does not count as a try.
            raise self.retry(
                exc=busy, countdown=busy.seconds + 1, max_retries=self.request.retries + 1
            ) from busy
        except Exception as error:
            raise self.retry(exc=error, countdown=_back_off(self.request.retries)) from error

    app.task(name=task_name(task), bind=True, max_retries=RETRIES)(run)


def _back_off(retries: int) -> float:
    longest = float(min(_FIRST_RETRY_SECONDS << min(retries, 10), _RETRY_MAX_SECONDS))
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - spreads the load, hides nothing


def _keep_our_log(**_told: object) -> None:
    """Celery sets up a log of its own unless somebody listens to this."""
