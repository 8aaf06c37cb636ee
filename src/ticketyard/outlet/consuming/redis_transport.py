"""Redis as Celery reads it, save that what is no message at all does not end the consumer.

Whoever may write to the list can leave anything there. Celery drops a message whose body it cannot
read, but ends with an “unrecoverable error” where the envelope around it has another shape, and is given
the same again at its next start. Here that is dropped too, with a word in the log.
"""

from queue import Empty

from kombu.transport import TRANSPORT_ALIASES, redis

from ticketyard.core.log import get_logger
from ticketyard.outlet.consuming.envelopes import is_message

log = get_logger(__name__)


class Channel(redis.Channel):
    """A channel that outlives what is no JSON."""

    def _brpop_read(self, **options: object) -> bool | None:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[no-untyped-call]
        except (ValueError, RecursionError) as error:
            # It is off the list by now, and nothing says whose it was.
            log.error("outlet_rubbish_dropped", error=type(error).__name__)
            # What the caller takes for “nothing there”.
            raise Empty from error


class Transport(redis.Transport):
    """A transport that hands on nothing but messages."""

    Channel = Channel

    def _deliver(self, message: object, queue: str) -> None:
        if is_message(message):
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        else:
            log.error("outlet_rubbish_dropped", error="Not a Celery message")


def use_for_redis() -> None:
    """From now on, in this process, `redis://` means this."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
