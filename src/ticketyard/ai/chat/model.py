"""The language model as the rest of the program sees it: one verb, and a deadline that holds."""

import asyncio
import importlib
import time
from typing import Protocol

from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.chat.pace import Pace
from ticketyard.ai.chat.question import ChatServer, Question, Shape, Told
from ticketyard.ai.chat.tracing import Langfuse
from ticketyard.ai.chat.trouble import ChatTrouble, Kind
from ticketyard.core.log import get_logger
from ticketyard.core.outgoing import Outgoing

log = get_logger(__name__)

# Asked again at once, where that still fits: what may be over in a moment.
_PASSING: frozenset[Kind] = frozenset({"down", "limited", "failing"})
# No fault of the server: these do not count towards leaving it alone.
_NO_FAULT: frozenset[Kind] = frozenset({"rejected", "declined"})
_NOTHING_SEEN: frozenset[Kind] = frozenset({"busy"})
_TRIES = 2
# A turn that comes when less than this share of the deadline is left is none: nobody could answer.
_LEAST_TURN = 0.05


class _Speaks(Protocol):
    async def ask(self, question: Question[Shape]) -> Told[Shape]:
        """One try. Raises ChatTrouble."""
        ...


class ChatModel:
    """Part of `Resources`. Without a server it is off. Nothing heavy is loaded before `load`.

    However the server behaves, `ask` ends within the deadline. Breaker and pace are this
    process's own. pause_seconds: before what may be over in a moment is asked again.
    """

    def __init__(
        self,
        server: ChatServer | None = None,
        outgoing: Outgoing | None = None,
        *,
        langfuse: Langfuse | None = None,
        breaker: Breaker | None = None,
        pause_seconds: float = 0.5,
    ) -> None:
        self.server = server
        self._outgoing = outgoing or Outgoing()
        self._langfuse = langfuse
        self._breaker = breaker or Breaker()
        self._pause_seconds = pause_seconds
        self._pace = Pace(server.per_minute if server else 0)
        self._slots = asyncio.Semaphore(server.at_once if server else 1)
        self._loading = asyncio.Lock()
        self._speaker: _Speaks | None = None

    @property
    def is_on(self) -> bool:
        """Whether a model is configured."""
        return self.server is not None

    @property
    def name(self) -> str:
        """The model's name; empty when there is none."""
        return self.server.model if self.server else ""

    def wait(self) -> float:
        """Seconds until it makes sense to ask: the server rests, or we ask often enough already."""
        now = time.monotonic()
        return max(self._breaker.wait(now), self._pace.wait(now))

    async def load(self) -> None:
        """Import what speaks to the model, beside the event loop; the first `ask` else waits for it."""
        await self._loaded()

    async def ask(self, question: Question[Shape]) -> Told[Shape]:
        """The model's answer in the shape asked for. Its content is a stranger's word: check it.

        Raises ChatTrouble, always before the deadline has passed.
        """
        if self.server is None:
            raise ChatTrouble("off")
        speaker = await self._loaded()
        began = time.monotonic()
        if wait := self._breaker.begin(began):
            raise ChatTrouble("resting", retry_after=wait)
        if wait := self._pace.take(began):
            self._breaker.drop()
            raise ChatTrouble("busy", retry_after=wait)
        is_asking, until = False, began + self.server.deadline_seconds
        try:
            async with asyncio.timeout(self.server.deadline_seconds):
                async with self._slots:
                    if until - time.monotonic() < _LEAST_TURN * self.server.deadline_seconds:
                        raise ChatTrouble("busy")
                    is_asking = True
                    told = await self._try(speaker, question, until)
        except TimeoutError:
            # Who never got a turn was held up by others here, not by the server.
            trouble = ChatTrouble("slow" if is_asking else "busy")
        except ChatTrouble as other:
            trouble = other
        except BaseException:
            # Cancelled from outside, or a fault of ours: it says nothing about the server.
            self._breaker.drop()
            raise
        else:
            self._breaker.succeed()
            return told
        self._note(trouble, question.about, time.monotonic() - began)
        raise trouble

    async def _try(self, speaker: _Speaks, question: Question[Shape], until: float) -> Told[Shape]:
        for left in reversed(range(_TRIES)):
            try:
                return await speaker.ask(question)
            except ChatTrouble as trouble:
                asked = trouble.retry_after
                pause = self._pause_seconds if asked is None else asked
                fits = time.monotonic() + 2 * pause < until
                if not left or trouble.kind not in _PASSING or not fits:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _note(self, trouble: ChatTrouble, about: str, seconds: float) -> None:
        if trouble.kind in _NOTHING_SEEN:
            self._breaker.drop()
        elif trouble.kind in _NO_FAULT:
            self._breaker.succeed()
        else:
            self._breaker.fail(time.monotonic(), rest=trouble.retry_after)
        log.warning(
            "model_gave_no_answer", kind=trouble.kind, about=about, seconds=round(seconds, 1)
        )

    async def _loaded(self) -> _Speaks:
        async with self._loading:
            if self._speaker is None:
                self._speaker = await asyncio.to_thread(self._load)
            return self._speaker

    def _load(self) -> _Speaks:
        # Two seconds and 40 MB: only a program with a model pays for them.
        speaking = importlib.import_module("ticketyard.ai.chat.speaking")
        traces = self._langfuse.open(self._outgoing) if self._langfuse else None
        speaker: _Speaks = speaking.Speaker(self.server, self._outgoing, traces)
        return speaker

    async def close(self) -> None:
        """Send off what traces still wait."""
        if self._langfuse is not None:
            await asyncio.to_thread(self._langfuse.close)
