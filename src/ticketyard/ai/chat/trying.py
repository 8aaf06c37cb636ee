"""One short question, to see whether a model is there and keeps to the shape asked for."""

import time
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import Question
from ticketyard.ai.chat.trouble import IN_WORDS, ChatTrouble


class _Colour(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: Literal["green", "red"]


_QUESTION = Question(
    instructions="Which of the two colours is named? Answer with that.",
    data="The grass is green.",
    shape=_Colour,
    about="trial",
    answer_max_tokens=100,
)


@dataclass(frozen=True)
class Trial:
    """words: what came of it, for people; they hold nothing the server said."""

    is_good: bool
    words: str


async def try_out(chat: ChatModel) -> Trial:
    """Ask once, within the usual deadline. A model that is not configured is no fault."""
    if chat.server is None:
        return Trial(True, "none is configured")
    await chat.load()
    began = time.monotonic()
    where = f"{chat.name} at {chat.server.url}"
    try:
        told = await chat.ask(_QUESTION)
    except ChatTrouble as trouble:
        return Trial(False, f"{where}: {IN_WORDS[trouble.kind]}")
    seconds = time.monotonic() - began
    if told.value.colour != "green":
        return Trial(False, f"{where} answers in {seconds:.1f} s, but wrongly")
    return Trial(True, f"{where} answers in {seconds:.1f} s")
