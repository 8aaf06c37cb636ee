"""Pure: what a message means where a chat stands. Only what is found here can happen in a chat.

A message asks for an action only as a whole: with words of ours, in answer to what was just asked. What
stands inside of a longer text, whoever wrote it, is a question to the knowledge and nothing more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from ticketyard.ai.phrases import plain_words
from ticketyard.core.shapes import is_email
from ticketyard.knowledge.chatting.wording import has, is_only
from ticketyard.tickets.labels import NUMBER

Kind = Literal[
    "answer",  # ask the knowledge
    "choose",  # one of the choices
    "fill",  # a slot of the ticket
    "send_code",  # to this address
    "check_code",
    "own_tickets",  # all, or one of this number
    "to_the_person",  # who took the chat over
    "repeat",  # a message that was answered a moment ago, sent once more
    "refuse",  # say this sentence, and ask again
]
TITLE_MAX: Final = 100
_COMMAND_WORDS = 8
_LEAST_WORDS = 3
_CODE = re.compile(r"\d{6}")
_SLOTS: Final = ("title", "details", "email")


@dataclass(frozen=True)
class Standing:
    """Where a chat stands. email: proven; is_with_person: somebody took it over."""

    asks: str | None = None
    purpose: str | None = None
    choices: tuple[str, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None
    is_with_person: bool = False


@dataclass(frozen=True)
class Move:
    """What is to be done, and with what."""

    kind: Kind
    value: str = ""
    slot: str = ""


def read_message(standing: Standing, message: str) -> Move:
    """What this message means here."""
    text = message.strip()
    if standing.asks:
        return _read_asked(standing, text)
    if found := _read_yes_or_no(standing, text):
        return Move("choose", found)
    if standing.is_with_person:
        return Move("to_the_person", text)
    words = plain_words(text)
    if len(words) <= _COMMAND_WORDS:
        if number := NUMBER.search(text):
            return Move("own_tickets", number[0].upper())
        if has("own tickets", text):
            return Move("own_tickets")
        asks_how = has("asking how", " ".join(words[:2]))
        for choice in ("person", "ticket"):
            if is_only((choice,), text) or (has(choice, text) and not asks_how):
                return Move("choose", choice)
    return Move("answer", text)


def _read_asked(standing: Standing, text: str) -> Move:
    if is_only(("cancel",), text):
        return Move("choose", "cancel")
    if standing.purpose == "ticket" and is_only(("person",), text):
        return Move("choose", "person")
    if standing.asks == "code":
        code = "".join(text.split())
        if _CODE.fullmatch(code):
            # Whatever digits a keyboard has.
            return Move("check_code", f"{int(code):06}")
        return Move("send_code", text) if is_email(text) else Move("refuse", "wrong_code")
    if standing.asks == "email":
        if not is_email(text):
            return Move("refuse", "bad_email")
        if standing.purpose == "own_tickets":
            return Move("send_code", text)
        return Move("fill", text, slot="email")
    if standing.asks == "title" and not plain_words(text):
        return Move("refuse", "bad_title")
    return Move("fill", text, slot=str(standing.asks))


def _read_yes_or_no(standing: Standing, text: str) -> str:
    """The choice that a yes or a no stands for; nothing where neither was said."""
    yes, no = is_only(("yes",), text), is_only(("no",), text)
    if "helped" in standing.choices and "not_helped" in standing.choices:
        return "helped" if yes else "not_helped" if no else ""
    if "ticket" in standing.choices:
        return "ticket" if yes else "cancel" if no else ""
    return ""


def next_slot(slots: Mapping[str, str], purpose: str) -> str | None:
    """What a ticket still lacks, the first first; a person needs no title."""
    wanted = _SLOTS if purpose == "ticket" else _SLOTS[1:]
    return next((slot for slot in wanted if not slots.get(slot)), None)


def slots_of(question: str) -> dict[str, str]:
    """What a question that was asked says of a ticket; nothing where it says too little."""
    if len(plain_words(question)) < _LEAST_WORDS:
        return {}
    return {"title": short_title(question), "details": question.strip()}


def short_title(text: str) -> str:
    """Its first hundred characters, on one line (contracts 1.6)."""
    return " ".join(text.split())[:TITLE_MAX]
