"""The one door for outgoing HTTP.

Whatever address a person or another system gave us may point at our own house: the database, the
metadata of the machine, the neighbour's printer. So a name is resolved once, each address it has is
checked, and the connection goes to a checked one, while TLS and `Host` still speak of the name. No
redirect is followed, no proxy of the environment asked, no cookie kept, nothing unpacked; how long
it takes and how much is read is limited.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpcore2
import orjson

from ticketyard.core.outgoing_address import BadUrl, Target, read_url
from ticketyard.core.public_addresses import (
    Address,
    carried,
    is_public,
    is_within,
    read_address,
    read_allowed,
)

ANSWER_MAX_BYTES = 1024 * 1024
USER_AGENT = "Ticketyard"
# What says where a request goes and where it ends is ours to say: else one could be smuggled in.
OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
     "upgrade", "expect", "accept-encoding"}
)  # fmt: skip

Resolve = Callable[[str, int], Awaitable[list[str]]]


class OutgoingTrouble(Exception):
    """There is no answer; the text says why, in words that may be shown."""


class OutgoingRefused(OutgoingTrouble):
    """We do not speak to that address, and will not later."""


class OutgoingFailed(OutgoingTrouble):
    """It could not be reached, or did not answer properly; it may later."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait: for a connection with TLS, then for the head of the answer, and in all."""

    connect_seconds: float = 5
    first_byte_seconds: float = 15
    whole_seconds: float = 20


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. is_whole: False where it was longer than we read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = True

    @property
    def is_success(self) -> bool:
        """Any 2xx. A redirect is none: it is not followed."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises ValueError, also where it is not whole."""
        if not self.is_whole:
            raise ValueError("longer than is read")
        return orjson.loads(self.body)


async def system_resolver(host: str, port: int) -> list[str]:
    """Every address the system knows for this name. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Outgoing:
    """Speaks HTTP with the world outside.

    allowed: networks and names that may be spoken to although they are not public.
    resolve, tls: for tests; else the system's.
    """

    def __init__(
        self,
        allowed: Iterable[str] = (),
        *,
        resolve: Resolve = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._networks, self._names = read_allowed(allowed)
        self._resolve = resolve
        self._tls_given = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when first needed: reading the certificates of the system takes a while."""
        return self._tls_given or httpcore2.default_ssl_context()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        patience: Patience = Patience(),
        answer_max_bytes: int = ANSWER_MAX_BYTES,
    ) -> Answer:
        """One request, one answer; of a longer one the beginning.

        Raises OutgoingRefused where we may not go there, OutgoingFailed where nobody answers.
        """
        target = _target(url)
        request = _request(method, target, headers or {}, content, patience)
        try:
            async with asyncio.timeout(patience.whole_seconds):
                return await self._exchange(request, patience, answer_max_bytes)
        except _Refused as refusal:
            raise OutgoingRefused(str(refusal)) from None
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise OutgoingFailed(f"Time-out: {_slow(error)}") from None
        except _TROUBLE as error:
            raise OutgoingFailed(_words_of(error)) from None

    def check(self, url: str) -> None:
        """Whether this may be spoken to as far as can be told without a resolver, for whoever enters it.

        Raises OutgoingRefused.
        """
        target = _target(url)
        try:
            address = read_address(target.host)
        except ValueError:
            return
        if not self._may_reach(address):
            raise OutgoingRefused(_not_public(target.host))

    async def _exchange(self, request: httpcore2.Request, patience: Patience, limit: int) -> Answer:
        backend = _CheckedBackend(self._addresses, patience)
        async with httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, max_connections=1, network_backend=backend
        ) as pool:
            async with asyncio.timeout(patience.connect_seconds + patience.first_byte_seconds):
                answer = await pool.handle_async_request(request)
            try:
                body = await _read(answer, limit)
            finally:
                await answer.aclose()
        return Answer(
            status=answer.status,
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in answer.headers
            },
            body=body[:limit],
            is_whole=len(body) <= limit,
        )

    async def _addresses(self, host: str, port: int) -> list[str]:
        """The addresses of this name, if we may speak to every one of them."""
        found = await self._resolve(host, port)
        if host.lower() not in self._names and not all(
            self._may_reach(read_address(each)) for each in found
        ):
            raise _Refused(_not_public(host))
        return found

    def _may_reach(self, address: Address) -> bool:
        inner = carried(address) or address
        return is_public(address) or is_within(inner, self._networks)


class _Refused(Exception):
    """Carries a refusal out through the client."""


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to checked addresses alone; the client asks it for a name and never resolves one."""

    def __init__(self, addresses: Resolve, patience: Patience) -> None:
        self._addresses, self._patience = addresses, patience
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the client's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first of its addresses that takes one."""
        trouble: Exception = httpcore2.ConnectError()
        async with asyncio.timeout(self._patience.connect_seconds):
            addresses = await self._addresses(host, port)
            for each in addresses:
                try:
                    return await self._plain.connect_tcp(
                        each, port, self._patience.connect_seconds / len(addresses)
                    )
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    trouble = error
        raise trouble


def _target(url: str) -> Target:
    try:
        return read_url(url)
    except BadUrl as error:
        raise OutgoingRefused(str(error)) from None


def _request(
    method: str, target: Target, headers: Mapping[str, str], content: bytes, patience: Patience
) -> httpcore2.Request:
    given = {name.lower() for name in headers}
    if given & OWN_HEADERS:
        raise OutgoingRefused("One of the headers is not for others to set.")
    told = {
        "Host": target.host_header,
        **({} if "user-agent" in given else {"User-Agent": USER_AGENT}),
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    if content or method in ("POST", "PUT", "PATCH"):
        told["Content-Length"] = str(len(content))
    timeouts = {
        "connect": patience.connect_seconds,
        "read": patience.first_byte_seconds,
        "write": patience.whole_seconds,
    }
    return httpcore2.Request(
        method,
        httpcore2.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        ),
        headers=[(name.encode(), value.encode()) for name, value in told.items()],
        content=content,
        extensions={"timeout": timeouts},
    )


async def _read(answer: httpcore2.Response, limit: int) -> bytes:
    """The body, or one byte more of it than the limit."""
    found = bytearray()
    async with aclosing(answer.aiter_stream()) as chunks:
        async for chunk in chunks:
            found += chunk[: limit + 1 - len(found)]
            if len(found) > limit:
                break
    return bytes(found)


_TROUBLE = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
    ValueError,
)


def _not_public(host: str) -> str:
    return (
        f"{host} is no address of the public Internet. If it is meant, let the operator name it in "
        "TICKETYARD_OUTGOING_ALLOWED."
    )


def _slow(error: BaseException) -> str:
    if isinstance(error, httpcore2.ConnectTimeout):
        return "no connection."
    return "no answer, or no end of it."


def _words_of(error: BaseException) -> str:
    """What went wrong, in our words: the client's may quote what the other side sent."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "Its certificate cannot be trusted."
        if isinstance(cause, ssl.SSLError):
            return "No TLS connection comes about."
        if isinstance(cause, socket.gaierror):
            return "Nobody knows this name."
        if isinstance(cause, ConnectionRefusedError):
            return "It refuses connections."
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.ConnectError):
        return "It cannot be reached."
    if isinstance(error, httpcore2.LocalProtocolError | ValueError):
        return "The request cannot be sent like this."
    if isinstance(error, httpcore2.RemoteProtocolError | httpcore2.ReadError):
        return "The answer broke off, or is no HTTP."
    return "The connection broke."
