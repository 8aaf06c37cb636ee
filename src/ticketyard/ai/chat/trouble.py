"""Why there is no answer of a language model."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal[
    "off",  # no model is configured
    "resting",  # it failed several times in a row and is left alone for a while; not asked
    "busy",  # we ask as often as we may; not asked
    "down",  # nobody there, or the connection broke
    "slow",  # no end of the answer in time
    "limited",  # the server says: too many requests, or no money left
    "failing",  # the server says that something broke there
    "denied",  # our key is not taken
    "rejected",  # the server does not take the request: no such model, too long
    "unusable",  # an answer, but not in the shape asked for, or longer than is read
    "declined",  # the model does not want to speak of it
]

NOT_ASKED: frozenset[Kind] = frozenset({"off", "resting", "busy"})
# What the server may have worked on, and charges for, although we have nothing of it.
MAY_HAVE_COST: frozenset[Kind] = frozenset({"slow", "unusable", "declined"})


class ChatTrouble(Exception):
    """There is no answer. Holds no word of what was asked or said.

    retry_after: seconds after which to try again, where the server or the pace says so.
    tokens: what is known to have been used up all the same.
    """

    def __init__(self, kind: Kind, *, retry_after: float | None = None, tokens: int = 0) -> None:
        super().__init__(kind)
        self.kind: Kind = kind
        self.retry_after = retry_after
        self.tokens = tokens


IN_WORDS: Mapping[Kind, str] = {
    "off": "no language model is configured",
    "resting": "it failed several times and is left alone for a while",
    "busy": "we ask as often as we may",
    "down": "nobody answers there, or the connection broke",
    "slow": "there was no end of the answer in time",
    "limited": "the server says that we ask too often, or that no money is left",
    "failing": "the server says that something broke there",
    "denied": "our key is not taken",
    "rejected": "the server does not take the request; is the model's name right?",
    "unusable": "the answer is not in the shape asked for; try another TICKETYARD_MODEL_OUTPUT",
    "declined": "the model does not want to answer",
}
