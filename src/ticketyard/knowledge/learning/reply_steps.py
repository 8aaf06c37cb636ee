"""Pure: what of an agent's reply says what to do, without greetings, thanks and signatures.

Nothing is put into other words: each step is a sentence or a point of the reply as it was written.
"""

import re
from collections.abc import Iterator
from typing import Final

from ticketyard.ai.phrases import plain_words
from ticketyard.knowledge.answering.spans import Span, spans_of, without_bullet
from ticketyard.knowledge.chatting.wording import is_only

STEPS_MAX: Final = 20
WORDS_MIN: Final = 3
"""Fewer words in the whole reply tell nobody what to do."""

_QUOTED = re.compile(r"^\s*>.*$|^On .{5,120} wrote:\s*$", re.MULTILINE)
_POLITE = ("greeting", "thanks", "farewell", "acknowledgement")
_OPENS = re.compile(
    r"\A\s*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|уважаем\w+|здравствуйте|добрый \w+"
    r"|привет|сәлеметсіз бе|құрметті)\b(?:\s+[\w'’-]+){0,2}\s*(?:[,!.:]+|\n|\Z)\s*",
    re.IGNORECASE,
)
_SIGNS_OFF = re.compile(
    r"^\s*(?:--\s*$|(?:(?:best|kind|warm)(?:est)? )?(?:regards|wishes)\b|sincerely\b|yours\b|cheers\b"
    r"|(?:many )?thanks(?: in advance)?[,!.]?(?: [\w-]+)?\s*$"
    r"|с уважением|всего доброго|құрметпен|ізгі ниетпен)",
    re.IGNORECASE | re.MULTILINE,
)
# Whoever closes a ticket says so; nobody else needs to know.
_ABOUT_THE_TICKET = re.compile(
    r"\b(?:(?:I|we)(?: a|')?(?:m|re|ll| will| have|ve)? (?:now )?(?:clos|resolv|mark)\w+|let (?:us|me) know"
    r"|(?:please )?(?:reply|write|contact|come back|reach out)\b.{0,60}\b(?:again|further|questions?|help)"
    r"|do not hesitate|don.t hesitate|thank(?:s| you) for|glad (?:to|it)|sorry for|apologi[sz]e"
    r"|спасибо за|обращайтесь|заявк\w+ (?:закры|решен)\w*|извин\w+)",
    re.IGNORECASE,
)


def steps_of(reply: str) -> list[str]:
    """The sentences and points that say what to do, in order; [] where too little is left."""
    kept = list(dict.fromkeys(_said(_own_words(reply))))[:STEPS_MAX]
    words = sum(len(plain_words(each)) for each in kept)
    return kept if words >= WORDS_MIN else []


def asked_in(text: str) -> str:
    """What a requester asks, without greeting and signature."""
    return _OPENS.sub("", _own_words(text), count=1).strip()


def _own_words(reply: str) -> str:
    text = _QUOTED.sub("", reply.replace("\r\n", "\n"))
    sign = _SIGNS_OFF.search(text)
    return (text[: sign.start()] if sign else text).strip()


def _said(text: str) -> Iterator[str]:
    for number, span in enumerate(spans_of(text)):
        said = " ".join(without_bullet(span.text).split())
        if number == 0:
            said = _OPENS.sub("", said, count=1).strip()
        if said and not _is_talk(span, said):
            yield said


def _is_talk(span: Span, said: str) -> bool:
    if is_only(_POLITE, said) or not plain_words(said):
        return True
    # A question is to whoever asked; a point of a list is told whole.
    return not span.is_item and (said.endswith("?") or bool(_ABOUT_THE_TICKET.search(said)))
