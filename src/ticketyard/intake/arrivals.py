"""Pure: what a message from outside comes down to, whatever way it came."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ticketyard.mail.outgoing.told import ToldMail
from ticketyard.tickets.drafts import KeptFile, NewTicket

REFERENCE_MAX = 250


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A ticket to be, with its files.

    category_is_guess: the source named a category we know no word for; triage may do better.
    alert: the alert behind it, named like the columns of `alert`.
    mail: the mail it came as, where it was one; it may continue a ticket.
    """

    ticket: NewTicket
    files: tuple[KeptFile, ...] = ()
    category_is_guess: bool = False
    alert: Mapping[str, Any] | None = None
    mail: ToldMail | None = None

    def with_files(self, files: Sequence[KeptFile]) -> "Arrival":
        """The same with these files."""
        return replace(self, files=tuple(files))


def short_reference(reference: str | None) -> str | None:
    """An id of another system that fits an index: a very long one keeps its start and a digest."""
    if reference is None or not reference.strip():
        return None
    reference = reference.strip()
    if len(reference) <= REFERENCE_MAX:
        return reference
    digest = hashlib.sha256(reference.encode("utf-8", "replace")).hexdigest()
    return f"{reference[: REFERENCE_MAX - 65]}…{digest[:64]}"
