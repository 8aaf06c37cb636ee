"""Pure: a ticket and its files before they exist, as whoever brings them puts it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ticketyard.core.shapes import storable
from ticketyard.tickets.filenames import safe_name

REFERENCE_MAX = 2_000
UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """What is known of a ticket when it arrives. None means: not said, to be found out.

    priority, category: ours, already mapped from the source's word, which is kept beside
    (`source_priority`, `source_category`). What is given here is explicit: triage leaves it alone.
    address: country, region, city, street, house.  client: guid, gender, birth_date.
    status: open; resolved for one that an automatic answer settled.
    """

    source: str
    title: str
    description: str = ""
    status: str = "open"
    priority: str | None = None
    source_priority: str | None = None
    urgency: int | None = None
    severity: str | None = None
    category: str | None = None
    source_category: str | None = None
    subcategory: str | None = None
    source_reference: str | None = None
    source_data: dict[str, Any] = field(default_factory=dict)
    requester_id: int | None = None
    requester_name: str | None = None
    requester_email: str | None = None
    requester_phone: str | None = None
    team_id: int | None = None
    segment: str | None = None
    organization_id: str | None = None
    address: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    location: str | None = None
    asset_tag: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: dict[str, Any] = field(default_factory=dict)
    resolution: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file ready to be put on a ticket, its name made safe.

    Either `blob_key` says where its bytes are, or `foreign_reference` what its sender calls it.
    """

    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None = None
    blob_key: str | None = None
    foreign_reference: str | None = None


def foreign_file(
    *, filename: str | None, reference: str, size_bytes: int = 0, content_type: str | None = None
) -> KeptFile:
    """A file that its sender only names; the reference is shown and never opened."""
    return KeptFile(
        filename=safe_name(filename or reference),
        content_type=normal_type(content_type),
        size_bytes=max(0, min(size_bytes, 2**62)),
        foreign_reference=str(storable(reference))[:REFERENCE_MAX],
    )


def normal_type(given: str | None) -> str:
    """The media type without parameters; what is no media type is unknown bytes."""
    word = (given or "").partition(";")[0].strip().lower()
    return word if _TYPE.fullmatch(word) else UNKNOWN_TYPE
