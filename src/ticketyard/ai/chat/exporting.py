"""Posts spans through our one door; imported only where traces are switched on."""

import asyncio
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from ticketyard.core.log import get_logger
from ticketyard.core.outgoing import Outgoing, OutgoingTrouble, Patience

log = get_logger(__name__)

_PATIENCE = Patience(connect_seconds=3, first_byte_seconds=5, whole_seconds=5)
_MOST_WAITING = 512
_TOGETHER = 64
_EVERY_MS = 2000
_WORDS = frozenset(
    {
        "gen_ai.tool.definitions",
        "gen_ai.system_instructions",
        "model_request_parameters",
        "exception.message",
        "exception.stacktrace",
        "final_result",
    }
)


class OutgoingExporter(SpanExporter):
    """Runs in the thread of the batch processor, with an event loop of its own for each batch."""

    def __init__(self, outgoing: Outgoing, address: str, headers: Mapping[str, str]) -> None:
        self._outgoing, self._address, self._headers = outgoing, address, dict(headers)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Post them. Traces that cannot be delivered are lost, and that is said once a batch."""
        content = _without_words(encode_spans(spans)).SerializeToString()
        try:
            status = asyncio.run(self._post(content))
        except OutgoingTrouble as trouble:
            log.warning("traces_not_delivered", spans=len(spans), problem=str(trouble))
            return SpanExportResult.FAILURE
        if not 200 <= status < 300:
            log.warning("traces_not_delivered", spans=len(spans), status=status)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    async def _post(self, content: bytes) -> int:
        said = await self._outgoing.send(
            "POST",
            self._address,
            headers={"Content-Type": "application/x-protobuf", **self._headers},
            content=content,
            patience=_PATIENCE,
            answer_max_bytes=64 * 1024,
        )
        return said.status


def _without_words(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """The same without a company's lists, and without what errors quote: an answer that does not fit
    is told of with its text."""
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                span.status.message = ""
                for told in (span, *span.events):
                    kept = [each for each in told.attributes if each.key not in _WORDS]
                    del told.attributes[:]
                    told.attributes.extend(kept)
    return request


def provider(
    outgoing: Outgoing, address: str, headers: Mapping[str, str], service: str
) -> TracerProvider:
    """A provider of our own; the process's global one is left alone."""
    made = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    made.add_span_processor(
        BatchSpanProcessor(
            OutgoingExporter(outgoing, address, headers),
            max_queue_size=_MOST_WAITING,
            max_export_batch_size=_TOGETHER,
            schedule_delay_millis=_EVERY_MS,
        )
    )
    return made
