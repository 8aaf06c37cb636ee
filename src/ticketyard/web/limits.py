"""How often one address may use what is open to everybody."""

import time
from collections import OrderedDict

from fastapi import Request

from ticketyard.core.errors import Refusal

ADDRESSES_MAX = 10_000


class TooManyRequests(Refusal):
    """Too often in a short time; `retry_after_seconds` says when the next one is welcome."""

    title = "Too many requests"
    http_status = 429


class Buckets:
    """A bucket of tokens for each address, kept by this process: it holds `burst`, and `per_second`
    trickle back. The least recently seen address is forgotten when there are too many."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now: float) -> None:
        """One token, please. Raises TooManyRequests when there is none."""
        tokens, seen_at = self._left.pop(address, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - seen_at) * self._per_second)
        self._left[address] = (max(tokens - 1, 0) if tokens >= 1 else tokens, now)
        if len(self._left) > ADDRESSES_MAX:
            self._left.popitem(last=False)
        if tokens < 1:
            wait = int((1 - tokens) / self._per_second) + 1
            raise TooManyRequests(
                "Too many at once from your address; wait a little.", retry_after_seconds=wait
            )


# A whole office behind one address fills in forms; a flood is another matter.
FORM_BURST = 120
FORM_PER_SECOND = 2.0


def check_form_rate(request: Request) -> None:
    """Raises TooManyRequests when this address sends forms faster than people do."""
    _take(request, "form_buckets", burst=FORM_BURST, per_second=FORM_PER_SECOND)


# A whole office comes to work at nine; one address that tries a password on everybody is slowed down,
# which counting failures by person (people/logging_in.py) does not do.
LOGIN_BURST = 60
LOGIN_PER_SECOND = 0.5


async def check_login_rate(request: Request) -> None:
    """Raises TooManyRequests when this address tries to log in more often than people do."""
    _take(request, "login_buckets", burst=LOGIN_BURST, per_second=LOGIN_PER_SECOND)


def _take(request: Request, name: str, *, burst: int, per_second: float) -> None:
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, Buckets(burst=burst, per_second=per_second))
    buckets: Buckets = getattr(state, name)
    buckets.take(request.client.host if request.client else "", time.monotonic())


# A whole office may chat from one address; a machine that opens chats, or asks for codes, may not.
CHAT_BURST, CHAT_PER_SECOND = 60, 0.5
WORDS_BURST, WORDS_PER_SECOND = 120, 2.0
CODE_BURST, CODE_PER_SECOND = 20, 1 / 60


async def check_chat_rate(request: Request) -> None:
    """Raises TooManyRequests when this address begins chats faster than people do."""
    _take(request, "chat_buckets", burst=CHAT_BURST, per_second=CHAT_PER_SECOND)


async def check_words_rate(request: Request) -> None:
    """Raises TooManyRequests when this address writes in chats faster than people do."""
    _take(request, "chat_words_buckets", burst=WORDS_BURST, per_second=WORDS_PER_SECOND)


async def check_code_rate(request: Request) -> None:
    """Raises TooManyRequests when this address asks for codes, or tries them, too often."""
    _take(request, "chat_code_buckets", burst=CODE_BURST, per_second=CODE_PER_SECOND)
