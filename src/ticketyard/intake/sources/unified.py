"""Pure: one door for all sources: the name of a source to the function that reads it."""

from collections.abc import Callable
from typing import Final

from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.errors import UnknownSource
from ticketyard.intake.sources.chat import read_chat
from ticketyard.intake.sources.email_body import read_email
from ticketyard.intake.sources.generic import read_generic
from ticketyard.intake.sources.glpi import read_glpi
from ticketyard.intake.sources.solman import read_solman
from ticketyard.intake.sources.web_form import read_web_form

Reader = Callable[[object, str], Arrival]

READERS: Final[dict[str, Reader]] = {
    "glpi": read_glpi,
    "solman": read_solman,
    "email": read_email,
    "web_form": read_web_form,
    "chatbot": read_chat,
    "api": read_generic,
}
_ALSO: Final = {"webform": "web_form", "chat": "chatbot", "sap_solman": "solman"}


def source_named(word: str) -> str:
    """Our name of a source, however it is written: `GLPI`, `Web Form`, `WEBFORM`, `web-form`.

    Raises UnknownSource, which names those there are.
    """
    plain = word.strip().casefold().replace("-", "_").replace(" ", "_")
    name = _ALSO.get(plain, plain)
    if name not in READERS:
        known = ", ".join(each.upper() for each in READERS)
        raise UnknownSource(f"Unsupported source. Known sources: {known}.")
    return name
