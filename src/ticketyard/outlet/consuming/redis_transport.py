"""Redis as Celery reads it, save that what is no message at all does not end the consumer.

Whoever may write to the list can leave anything there. Celery drops a message whose body it cannot
read, but ends with an “unrecoverable error” where the envelope around it has another shape, and its next
start takes the next such entry. Here that is dropped too, with a word in the log.
"""

from queue import Empty

from kombu.transport import TRANSPORT_ALIASES, redis

from ticketyard.core.log import get_logger

log = get_logger(__name__)


class Channel(redis.Channel):
    """A channel that outlives rubbish."""

    def _brpop_read(self, **options: object) -> bool | None:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[no-untyped-call]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # It is off the list by now, and nothing says whose it was.
            log.error("outlet_rubbish_dropped", error=type(error).__name__)
            # What the caller takes for “nothing there”.
            raise Empty from error


class Transport(redis.Transport):
    """The transport with that channel."""

    Channel = Channel


def use_for_redis() -> None:
    """From now on, in this process, `redis://` means this."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
