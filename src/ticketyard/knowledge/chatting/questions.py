"""Pure: one message may hold several questions, or only half a one (contracts 4.5)."""

import re

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.phrases import plain_words
from ticketyard.knowledge.chatting.wording import has

MAX_QUESTIONS = 5
_SHORT_WORDS = 4
_KEPT_CHARACTERS = 600
_ASKED = re.compile(r"[^?؟]*[?؟]+")
_ITEM = re.compile(r"(?:^|\s)\d{1,2}[.)]\s+")


def split_questions(message: str) -> list[str]:
    """The questions of a message, at most five; [message] where there is one.

    Parted by question marks, numbers, or lines. What leads up to a question stays with it.
    """
    text = message.strip()
    for parts in (_by_numbers(text), _by_marks(text), _by_lines(text)):
        if len(parts) > 1:
            return parts[:MAX_QUESTIONS]
    return [text]


def _by_numbers(text: str) -> list[str]:
    items = [part.strip() for part in _ITEM.split(text)]
    # What stands before "1." introduces the list.
    return [part for part in items[1:] if part] if len(items) > 2 else []


def _by_marks(text: str) -> list[str]:
    asked = [part.strip() for part in _ASKED.findall(text)]
    return [part for part in asked if part.strip("?؟ ")]


def _by_lines(text: str) -> list[str]:
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return lines if all(len(plain_words(line)) >= 3 for line in lines) else []


def needs_context(message: str) -> bool:
    """Whether the message cannot be understood by itself: it points back, follows up, or names
    nothing."""
    words = plain_words(message)
    if not words or has("pointer", message):
        return bool(words)
    concrete = [word for word in words if len(word) > 2 and word not in ALWAYS_COMMON]
    if len(words) <= _SHORT_WORDS and not concrete:
        return True
    return (
        len(words) <= 2 * _SHORT_WORDS
        and has("follow-up", " ".join(words[:3]))
        and len(concrete) < 2
    )


def in_context(message: str, before: str) -> str:
    """The message with what it leans on: the last question, or the ticket it is about."""
    return f"{before.strip()[:_KEPT_CHARACTERS]}\n{message.strip()}" if before.strip() else message
