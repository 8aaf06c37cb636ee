"""Texts of a made-up IT desk, by what they are about: enough of them, and none twice."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from ticketyard.triage.learning.examples import Example

START = datetime(2026, 1, 5, 9, tzinfo=UTC)

_PLACES = (
    "in room 12", "on the third floor", "at the reception", "in the warehouse", "at home",
    "in our branch office", "since this morning", "after the update", "since yesterday", "again",
    "for the whole team", "for a new colleague",
)  # fmt: skip
_SAYINGS = {
    "printer": (
        "The printer jams paper {}", "Toner is empty {}", "The printer prints blank pages {}",
        "Scanning from the copier does not work {}", "The plotter shows a paper error {}",
    ),
    "vpn": (
        "The VPN does not connect {}", "VPN asks for a code that never comes {}",
        "Remote access drops every few minutes {}", "The tunnel to the office is down {}",
        "VPN client says certificate expired {}",
    ),
    "password": (
        "I forgot my password {}", "My account is locked {}", "Please reset my login {}",
        "The password I set is not accepted {}", "Too many wrong passwords were typed {}",
    ),
    "email": (
        "Outlook does not receive mail {}", "My mailbox is full {}", "Mail to customers bounces {}",
        "The shared mailbox is missing {}", "Attachments cannot be opened in mail {}",
    ),
    "hardware": (
        "The laptop does not start {}", "My monitor flickers {}", "The keyboard lost a key {}",
        "The docking station is dead {}", "The battery drains within an hour {}",
    ),
    "network": (
        "There is no wifi {}", "The network cable has no link {}", "Internet is very slow {}",
        "The switch blinks red {}", "Web pages time out {}",
    ),
    "software": (
        "Excel crashes when saving {}", "Please install AutoCAD {}", "The licence of Photoshop ran out {}",
        "SAP shows an error when booking {}", "Teams freezes in calls {}",
    ),
    "badge": (
        "My badge does not open the door {}", "I lost my access card {}",
        "The turnstile rejects my card {}", "A visitor needs a badge {}", "The door reader is dark {}",
    ),
}  # fmt: skip
FURNITURE = (
    "My chair is broken {}", "The desk cannot be raised {}", "A drawer is stuck {}",
    "We need one more cupboard {}", "The blinds do not close {}",
)  # fmt: skip
LABELS = tuple(_SAYINGS)


def texts_of(label: str, sayings: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Every text about it, with its label."""
    return [
        (saying.format(place), label) for saying in sayings or _SAYINGS[label] for place in _PLACES
    ]


def all_texts(seed: int = 1) -> list[tuple[str, str]]:
    """480 texts of eight labels, shuffled."""
    pairs = [pair for label in LABELS for pair in texts_of(label)]
    random.Random(seed).shuffle(pairs)
    return pairs


def said(
    pairs: Sequence[tuple[str, str]], by: str = "person:1", *, after: int = 0, rank: int = 2
) -> list[Example]:
    """As examples of one person, a minute apart."""
    return [
        Example(text, label, START + timedelta(minutes=after + place), by, by, rank)
        for place, (text, label) in enumerate(pairs)
    ]


def flipped(pairs: Sequence[tuple[str, str]], seed: int = 2) -> list[tuple[str, str]]:
    """The same texts, each under a wrong label."""
    chance = random.Random(seed)
    return [
        (f"{text}, please", chance.choice([other for other in LABELS if other != label]))
        for text, label in pairs
    ]
