"""Speaks with one model by the OpenAI protocol; imported only where one is configured (2 s, 40 MB)."""

from typing import Any

import httpx2
from openai import AsyncOpenAI
from opentelemetry.trace import TracerProvider
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelTimeoutError,
)
from pydantic_ai.models import Model
from pydantic_ai.models.instrumented import InstrumentationSettings, InstrumentedModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage, UsageLimits

from ticketyard.ai.chat.question import ChatServer, Mode, Question, Shape, Told
from ticketyard.ai.chat.transport import OutgoingTransport, Unreadable
from ticketyard.ai.chat.trouble import ChatTrouble, Kind
from ticketyard.core.outgoing import Outgoing, Patience

# An answer that does not fit the shape is sent back with what is wrong, once.
_MENDINGS = 1
_NO_KEY = "none"


class Speaker:
    """One model at one address. Asks once; when, how often and whether again is not decided here."""

    def __init__(
        self, server: ChatServer, outgoing: Outgoing, traces: TracerProvider | None = None
    ) -> None:
        self._server = server
        patience = Patience(
            connect_seconds=min(5.0, server.deadline_seconds),
            first_byte_seconds=server.deadline_seconds,
            whole_seconds=server.deadline_seconds,
        )
        client = httpx2.AsyncClient(
            transport=OutgoingTransport(outgoing, patience), timeout=None, trust_env=False
        )
        # No tries of its own: it would not heed how long we have.
        spoken_to = AsyncOpenAI(
            base_url=server.url, api_key=server.key or _NO_KEY, http_client=client, max_retries=0
        )
        model: Model[Any] = OpenAIChatModel(
            server.model,
            provider=OpenAIProvider(openai_client=spoken_to),
            profile=_spoken_by(server),
        )
        if traces is not None:
            model = InstrumentedModel(model, _traced(traces))
        self._model = model

    async def ask(self, question: Question[Shape]) -> Told[Shape]:
        """The model's answer in the shape asked for. Raises ChatTrouble."""
        usage = RunUsage()
        agent: Agent[None, Any] = Agent(
            self._model,
            output_type=_wanted(self._server.mode, question.shape),
            instructions=question.instructions,
            retries=_MENDINGS,
            name=question.about,
            deps_type=type(None),
        )
        try:
            result = await agent.run(
                question.spoken,
                model_settings=ModelSettings(
                    temperature=0.0, max_tokens=question.answer_max_tokens
                ),
                usage=usage,
                usage_limits=UsageLimits(request_limit=1 + _MENDINGS),
            )
        except AgentRunError as error:
            trouble = ChatTrouble(
                _kind_of(error),
                retry_after=error.retry_after if isinstance(error, ModelAPIError) else None,
                tokens=usage.total_tokens,
            )
        else:
            value = result.output
            if isinstance(value, question.shape):
                return Told(value=value, model=self._server.model, tokens=usage.total_tokens)
            trouble = ChatTrouble("unusable", tokens=usage.total_tokens)
        # Here and not above: the error's words may be the server's, and those may be the ticket's.
        raise trouble


def _spoken_by(server: ChatServer) -> OpenAIModelProfile | None:
    """Servers that only speak like OpenAI know the older of two names, and no strictness."""
    if server.url.startswith("https://api.openai.com/"):
        return None
    return OpenAIModelProfile(
        openai_chat_supports_max_completion_tokens=False,
        openai_supports_strict_tool_definition=False,
    )


def _wanted(mode: Mode, shape: type[BaseModel]) -> Any:
    if mode == "native":
        return NativeOutput(shape)
    if mode == "prompted":
        return PromptedOutput(shape)
    return ToolOutput(shape, name="answer")


def _traced(traces: TracerProvider) -> InstrumentationSettings:
    """How long, which model, how many tokens; of what was asked and answered not a word."""
    return InstrumentationSettings(
        tracer_provider=traces,
        include_content=False,
        include_binary_content=False,
        include_model_request_parameters=False,
    )


def _kind_of(error: AgentRunError) -> Kind:
    for kinds, kind in _KINDS:
        if isinstance(error, kinds):
            return kind
    if isinstance(error, ModelHTTPError):
        return "failing"
    if isinstance(error, ModelAPIError):
        return "unusable" if _is_unreadable(error) else "down"
    return "unusable"


def _is_unreadable(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Unreadable):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


_KINDS: tuple[tuple[type[AgentRunError] | tuple[type[AgentRunError], ...], Kind], ...] = (
    (ContentFilterError, "declined"),
    (ModelTimeoutError, "slow"),
    ((ModelRateLimitError, ModelQuotaExceededError), "limited"),
    (ModelAuthenticationError, "denied"),
    (ModelRequestRejectedError, "rejected"),
)
