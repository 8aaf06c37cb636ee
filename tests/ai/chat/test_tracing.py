"""Traces go to Langfuse where switched on, without a word of what was asked."""

import base64
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import BaseModel

from tests.model_server import ModelServer, Turn, serving
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer, Question
from ticketyard.ai.chat.tracing import Langfuse
from ticketyard.ai.chat.trouble import ChatTrouble
from ticketyard.core.outgoing import Outgoing


class Word(BaseModel):
    """What is asked for."""

    word: str


QUESTION = Question(
    instructions="Confidential orders", data="A customer's words", shape=Word, about="greeting"
)


def traced(server: ModelServer, langfuse_url: str) -> ChatModel:
    return ChatModel(
        ChatServer(url=server.url, model="m-1", deadline_seconds=3),
        Outgoing(["127.0.0.1"]),
        langfuse=Langfuse(langfuse_url, "pk-1", "sk-1", "desk"),
    )


async def test_a_question_leaves_a_span_with_its_cost_and_none_of_its_words() -> None:
    with serving(ModelServer(usual=Turn(args={"word": "An answer's words"}))) as server:
        model = traced(server, f"http://127.0.0.1:{server.port}/")
        await model.ask(QUESTION)
        await model.close()
        ((headers, body),) = server.traces
    assert headers["authorization"] == f"Basic {base64.b64encode(b'pk-1:sk-1').decode()}"
    assert headers["content-type"] == "application/x-protobuf"
    sent = ExportTraceServiceRequest.FromString(body)
    resource = {each.key: each.value for each in sent.resource_spans[0].resource.attributes}
    assert resource["service.name"].string_value == "desk"
    spans = sent.resource_spans[0].scope_spans[0].spans
    assert [each.name for each in spans] == ["chat m-1", "invoke_agent greeting"]
    told = {each.key: each.value for each in spans[0].attributes}
    assert told["gen_ai.request.model"].string_value == "m-1"
    assert told["gen_ai.usage.input_tokens"].int_value == 10
    assert told["gen_ai.usage.output_tokens"].int_value == 5
    for words in (b"Confidential", b"customer's", b"answer's", b"sk-1", b'"word"'):
        assert words not in body


@pytest.mark.parametrize(
    "turn",
    [
        Turn(status=401),
        Turn(status=500),
        Turn(args={"wrong": "An answer's words"}),
        Turn(does="cut"),
    ],
)
async def test_a_failure_leaves_a_span_too_and_no_words(turn: Turn) -> None:
    with serving(ModelServer(usual=turn)) as server:
        model = traced(server, f"http://127.0.0.1:{server.port}")
        with pytest.raises(ChatTrouble):
            await model.ask(QUESTION)
        await model.close()
        ((_, body),) = server.traces
    for words in (b"Confidential", b"customer's", b"answer's", b"secret words"):
        assert words not in body


async def test_a_langfuse_that_is_away_delays_no_answer() -> None:
    with serving(ModelServer(usual=Turn(args={"word": "x"}))) as server:
        model = traced(server, "http://127.0.0.1:9")
        await model.load()
        began = time.monotonic()
        for _ in range(5):
            await model.ask(QUESTION)
        assert time.monotonic() - began < 2
        await model.close()
