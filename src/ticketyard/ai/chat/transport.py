"""Lets the model's client speak through our one door to the outside (docs/decisions/0096, 0112)."""

import httpx2
import orjson

from ticketyard.core.outgoing import Outgoing, OutgoingFailed, OutgoingRefused, Patience

ANSWER_MAX_BYTES = 512 * 1024
"""An answer of a few hundred tokens has two kilobytes; whoever sends more is not listened to."""

# The client also tells what machine it runs on; that is nobody's business.
_TOLD = frozenset({"authorization", "content-type", "accept"})


class Unreadable(httpx2.TransportError):
    """The answer was longer than we read, or no JSON although it claims success."""


class OutgoingTransport(httpx2.AsyncBaseTransport):
    """One request through `Outgoing`: checked addresses, one deadline for all of it, limited bytes."""

    def __init__(self, outgoing: Outgoing, patience: Patience) -> None:
        self._outgoing, self._patience = outgoing, patience

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, whole. Raises a TransportError of httpx2."""
        try:
            said = await self._outgoing.send(
                request.method,
                str(request.url),
                headers={
                    name: value for name, value in request.headers.items() if name.lower() in _TOLD
                },
                content=await request.aread(),
                patience=self._patience,
                answer_max_bytes=ANSWER_MAX_BYTES,
            )
        except OutgoingRefused as refusal:
            raise httpx2.ConnectError(str(refusal), request=request) from refusal
        except OutgoingFailed as failure:
            kind = httpx2.ReadTimeout if str(failure).startswith("Time-out") else httpx2.ReadError
            raise kind(str(failure), request=request) from failure
        if not said.is_whole:
            raise Unreadable("longer than is read", request=request)
        if said.is_success and not _is_json(said.body):
            raise Unreadable("no JSON", request=request)
        told = {
            name: value
            for name, value in said.headers.items()
            if name in ("content-type", "retry-after", "retry-after-ms")
        }
        return httpx2.Response(said.status, headers=told, content=said.body, request=request)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except ValueError:
        return False
    return True
