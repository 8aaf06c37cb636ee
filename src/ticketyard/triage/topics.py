"""Pure: what kind of message a text is, and which corner of the office it is about.

Source: contracts 4.6. The eight topics are spec 4's second label (`bert_category`), the three kinds
its first.
"""

from collections.abc import Sequence
from typing import Final

from ticketyard.ai.embedding import Embedder
from ticketyard.ai.labelling import rank_by_description
from ticketyard.triage.coldstart import Finding, Reading, categorize
from ticketyard.triage.lexicons import phrases
from ticketyard.triage.preparing import worded

ABOUT: Final = {
    "Access": "Log-in, passwords, locked accounts, permissions and access to systems.",
    "Administrative rights": "Administrator rights on a computer, to install or change software.",
    "HR Support": "People: new employees, leave, holidays, payroll, contracts of work.",
    "Hardware": "Devices: laptops, monitors, printers, phones, keyboards, and their faults.",
    "Internal Project": "Projects of the house: releases, migrations, requirements, test systems.",
    "Miscellaneous": "Anything else: general questions, information, suggestions.",
    "Purchase": "Buying: orders, quotes, suppliers, invoices, licences and what they cost.",
    "Storage": "Disk space, shared folders, mailbox size, backups and restored files.",
}
OTHER: Final = "Miscellaneous"
REQUEST: Final = "request"


def find_kind(reading: Reading) -> Finding:
    """Request, complaint or feedback; a request where no word says otherwise."""
    found = categorize(reading, list(phrases("intents")))
    if found.value is None:
        return Finding(REQUEST, 0.0, found.ranking)
    return found


def find_topics(readings: Sequence[Reading], embedder: Embedder) -> list[Finding]:
    """The topic of each text: by words, and where none fires by likeness to what a topic is about.

    Where nothing says anything it is Miscellaneous with no confidence at all.
    """
    found = [categorize(reading, list(ABOUT)) for reading in readings]
    unsure = [place for place, each in enumerate(found) if each.value is None]
    ranked = rank_by_description([readings[place].text for place in unsure], _DESCRIBED, embedder)
    for place, ranking in zip(unsure, ranked, strict=True):
        liked = ranking if worded(readings[place].text) else []
        value, confidence = liked[0] if liked else (OTHER, 0.0)
        found[place] = Finding(value, confidence, tuple(liked))
    return found


_DESCRIBED = {name: f"{name}. {about}" for name, about in ABOUT.items()}
