"""Pure: the raw bytes of a delivery as a message, also where a program told it in JSON."""

from collections.abc import Mapping

import orjson

from ticketyard.core.errors import Invalid
from ticketyard.intake.sources.email_body import read_email
from ticketyard.mail.outgoing.told import write_told


def as_message(raw: bytes, content_type: str) -> bytes:
    """The message itself; of one that was told, what it would have arrived as. What is neither stays
    as it is: reading never fails."""
    if content_type != "application/json":
        return raw
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw
    data = (told.get("email_data") or told.get("data")) if isinstance(told, Mapping) else None
    try:
        mail = read_email(data).mail
    except Invalid:
        return raw
    return write_told(mail) if mail else raw
