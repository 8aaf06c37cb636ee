"""Traces of what was asked of a model, to Langfuse by OTLP over HTTP; only where switched on."""

import base64
import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ticketyard.core.outgoing import Outgoing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_PATH = "/api/public/otel/v1/traces"


@dataclass
class Langfuse:
    """Where traces go. Nothing is imported before `open`."""

    url: str
    public_key: str
    secret_key: str = field(repr=False)
    service: str = "ticketyard"
    _provider: "TracerProvider | None" = field(default=None, repr=False)

    def open(self, outgoing: Outgoing) -> "TracerProvider":
        """What hands spans over: in batches, from a thread of its own, thrown away where too many wait."""
        if self._provider is None:
            exporting = importlib.import_module("ticketyard.ai.chat.exporting")
            provider: TracerProvider = exporting.provider(
                outgoing, self.address, self.headers, self.service
            )
            self._provider = provider
        return self._provider

    def close(self) -> None:
        """Hand over what waits."""
        if self._provider is not None:
            self._provider.shutdown()

    @property
    def address(self) -> str:
        """Where spans are posted."""
        return self.url.rstrip("/") + _PATH

    @property
    def headers(self) -> dict[str, str]:
        """Who we are."""
        pair = f"{self.public_key}:{self.secret_key}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
