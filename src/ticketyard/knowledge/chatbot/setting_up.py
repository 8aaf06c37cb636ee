"""How a company's chat looks and where it may be shown; kept among the company's settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Invalid
from ticketyard.people.companies import set_settings
from ticketyard.people.models import Company
from ticketyard.people.queries import get_company

ORIGINS_MAX: Final = 50
TEXT_MAX: Final = 500
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, kw_only=True)
class ChatSettings:
    """A company's choices. origins: other sites that may show the chat. accent: `#rrggbb`.

    name, greeting: empty for the company's name and our own words.
    """

    is_on: bool = True
    origins: tuple[str, ...] = ()
    name: str = ""
    greeting: str = ""
    accent: str = ""
    privacy_note: str = ""


def chat_settings_of(company: Company) -> ChatSettings:
    """What this company chose; the chat is there, like the public form, until it is switched off."""
    kept: Mapping[str, Any] = company.settings
    return ChatSettings(
        is_on=kept.get("chat.is_on") is not False,
        origins=tuple(str(kept.get("chat.origins") or "").split()),
        name=str(kept.get("chat.name") or ""),
        greeting=str(kept.get("chat.greeting") or ""),
        accent=str(kept.get("chat.accent") or ""),
        privacy_note=str(kept.get("chat.privacy_note") or ""),
    )


async def get_chat_settings(session: AsyncSession) -> ChatSettings:
    """The same, of the company of this transaction."""
    return chat_settings_of(await get_company(session))


async def save_chat_settings(
    session: AsyncSession, chosen: ChatSettings, *, by: Principal
) -> ChatSettings:
    """Keep them. Raises Invalid for an origin or a colour that is none, or a text too long."""
    origins = tuple(dict.fromkeys(map(normal_origin, chosen.origins)))
    if len(origins) > ORIGINS_MAX:
        raise Invalid(f"{ORIGINS_MAX} sites at most, please.")
    if chosen.accent and not _COLOUR.fullmatch(chosen.accent):
        raise Invalid("A colour is written as in #2f6f4f.")
    texts = {
        "chat.name": " ".join(chosen.name.split()),
        "chat.greeting": chosen.greeting.strip(),
        "chat.privacy_note": chosen.privacy_note.strip(),
    }
    if any(len(each) > TEXT_MAX for each in texts.values()):
        raise Invalid(f"A text has {TEXT_MAX} characters at most.")
    company = await set_settings(
        session,
        by=by,
        **{
            **{name: text or None for name, text in texts.items()},
            "chat.is_on": chosen.is_on,
            "chat.origins": " ".join(origins) or None,
            "chat.accent": chosen.accent.lower() or None,
        },
    )
    return chat_settings_of(company)


def normal_origin(written: str) -> str:
    """`https://www.example.com`, without a path. Raises Invalid for what is no origin.

    Without encryption only the own machine, to try it out.
    """
    try:
        parts = urlsplit(written.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.netloc and
                                          parts.netloc.rsplit(":", 1)[0] in _LOOPBACK)  # fmt: skip
    if not (host and is_bare and is_safe and re.fullmatch(r"[a-z0-9.:-]{1,253}", host)):
        raise Invalid("A site is written as in https://www.example.com.")
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}{f':{port}' if port and port != usual else ''}"


def is_listed(origin: str, origins: Sequence[str]) -> bool:
    """Whether a browser's `Origin` is one of these."""
    try:
        return normal_origin(origin) in origins
    except Invalid:
        return False
