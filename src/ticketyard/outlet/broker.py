"""The broker, as the sender sees it: a message counts as sent when the broker has said that it has it.

Celery is brought in when the first message is due and not before. A task goes straight into the list
of its queue (the anonymous exchange), so that a broker that lost everything it knew about exchanges
loses no message of ours. Redis answers each push with the new length; AMQP confirms.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ticketyard.outlet.describing import Payload

if TYPE_CHECKING:
    from celery import Celery

CONNECT_SECONDS = 4
ANSWER_SECONDS = 10


class BrokerFailed(Exception):
    """It did not take a message; the text is ours, since a client's may hold the password."""


@dataclass(frozen=True)
class BrokerAt:
    """Where messages go; an empty address says that there is no broker."""

    url: str = field(default="", repr=False)
    queue: str = "rag_events"

    @property
    def is_configured(self) -> bool:
        """Whether anything is told at all."""
        return bool(self.url)


@dataclass(frozen=True)
class Parcel:
    """One task to be sent. id: Celery's name for it too, so that a repeat can be seen as one."""

    id: str
    name: str
    payload: Payload


class Broker:
    """A connection that is made when it is needed and thrown away when it fails. Blocks: for threads."""

    def __init__(self, at: BrokerAt) -> None:
        self._at = at
        self._app: Celery | None = None
        self._producer: object | None = None

    def send(self, parcel: Parcel) -> None:
        """Hand over one task, and wait until the broker has it. Raises BrokerFailed."""
        try:
            app = self._opened()
            app.send_task(
                parcel.name,
                args=[parcel.payload],
                task_id=parcel.id,
                queue=self._at.queue,
                producer=self._producer,
                serializer="json",
                ignore_result=True,
                retry=False,
            )
        except ImportError as error:
            raise BrokerFailed(
                "Celery is not installed: pip install 'ticketyard[celery]'"
            ) from error
        except Exception as error:  # each kind of broker has errors of its own
            self.close()
            raise BrokerFailed(f"The broker did not take it ({type(error).__name__}).") from error

    def close(self) -> None:
        """Let the connection go."""
        app, self._app, self._producer = self._app, None, None
        if app is not None:
            with suppress(Exception):  # it is gone already, in whatever way
                app.close()

    def _opened(self) -> "Celery":
        if self._app is None or self._producer is None:
            self._app = _sending_app(self._at)
            self._producer = self._app.amqp.Producer(
                self._app.connection_for_write(), auto_declare=False
            )
        return self._app


def _sending_app(at: BrokerAt) -> "Celery":
    from celery import Celery

    app = Celery("ticketyard.outlet", set_as_current=False)
    app.conf.update(
        broker_url=at.url,
        broker_connection_timeout=CONNECT_SECONDS,
        broker_transport_options=_transport_options(at.url),
        task_ignore_result=True,
        task_default_queue=at.queue,
        enable_utc=True,
    )
    return app


def _transport_options(url: str) -> dict[str, object]:
    """What makes each kind of broker answer in time, and say that it has the message. Trying again is
    our own affair."""
    if url.startswith(("redis", "rediss", "sentinel")):
        return {
            "max_retries": 0,
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "retry_on_timeout": False,
        }
    return {
        "max_retries": 0,
        "confirm_publish": True,
        "read_timeout": ANSWER_SECONDS,
        "write_timeout": ANSWER_SECONDS,
    }
