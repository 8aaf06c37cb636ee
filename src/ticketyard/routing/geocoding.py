"""Ask a map service where places are that the gazetteer does not know; answers are kept."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import Database
from ticketyard.core.log import get_logger
from ticketyard.core.outgoing import Outgoing, OutgoingFailed, OutgoingTrouble, Patience
from ticketyard.routing.addresses import Address, client_questions, is_abroad
from ticketyard.routing.gazetteer import Nowhere, Spot

log = get_logger(__name__)

# Nominatim's terms of use: at most one question a second, from all of a program together.
PAUSE_SECONDS = 1.1
WAITS_SECONDS = (2.0, 4.0, 8.0)
_LOCK = 7_201_126_005
_PATIENCE = Patience(connect_seconds=5, first_byte_seconds=10, whole_seconds=12)


@dataclass(frozen=True)
class Answer:
    """What the map said to one question; without a point it knew nothing."""

    question: str
    latitude: float | None
    longitude: float | None
    label: str


class Geocoder:
    """A Nominatim server, asked politely. Without a URL it is switched off.

    outgoing: None where it is; the server that the operator named may be in the operator's house.
    """

    def __init__(
        self,
        url: str = "",
        user_agent: str = "",
        outgoing: Outgoing | None = None,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        waits_seconds: Sequence[float] = WAITS_SECONDS,
    ) -> None:
        self.is_on = bool(url and user_agent)
        self._pause, self._waits = pause_seconds, waits_seconds
        self._url = (url if "//" in url else f"https://{url}").rstrip("/")
        self._user_agent = user_agent
        self._outgoing = outgoing or Outgoing()

    async def ask(self, db: Database, question: str) -> Answer | None:
        """The map's answer, or None when it could not be reached just now.

        One question at a time for all processes on this database: whoever asks holds a session
        lock, not a transaction, and lets it go after the pause; it is let go by itself when they die.
        """
        for wait in (0.0, *self._waits):
            await asyncio.sleep(wait)
            async with db.hot() as connection:
                await _take_turn(connection)
                try:
                    return await self._ask(question)
                except OutgoingTrouble as error:
                    log.warning("map_not_reached", error=type(error).__name__)
                finally:
                    await asyncio.sleep(self._pause)
                    await connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
        return None

    async def _ask(self, question: str) -> Answer:
        asked = urlencode(
            {"q": question, "format": "json", "limit": 1, "countrycodes": "kz",
             "accept-language": "ru"}
        )  # fmt: skip
        said = await self._outgoing.send(
            "GET",
            f"{self._url}/search?{asked}",
            headers={"User-Agent": self._user_agent},
            patience=_PATIENCE,
        )
        if not said.is_success:
            raise OutgoingFailed(f"status {said.status}")
        try:
            found = said.json()
            if not found:
                return Answer(question, None, None, "")
            label = str(found[0].get("display_name", "")).partition(",")[0]
            return Answer(question, float(found[0]["lat"]), float(found[0]["lon"]), label)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise OutgoingFailed("no answer of a map service") from None


async def _take_turn(connection: AsyncConnection[Any]) -> None:
    while True:
        cursor = await connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
        if await cursor.fetchone() == (True,):
            return
        await asyncio.sleep(0.1)


async def known_spots(
    session: AsyncSession, addresses: Mapping[int, Address]
) -> dict[int, Spot | Nowhere]:
    """What the map said earlier about these addresses, by the key given; misses are left out."""
    questions = {key: client_questions(address) for key, address in addresses.items()}
    asked = sorted({question for each in questions.values() for question in each})
    if not asked:
        return {}
    rows = await session.execute(_KNOWN, {"questions": asked})
    spots = {row.question: Spot(row.latitude, row.longitude, row.label, "map") for row in rows}
    return {
        key: next(spots[question] for question in each if question in spots)
        for key, each in questions.items()
        if not is_abroad(addresses[key].country) and any(question in spots for question in each)
    }


async def unasked(session: AsyncSession, address: Address) -> list[str]:
    """What is still to be asked about this address, the most exact question first."""
    questions = [] if is_abroad(address.country) else client_questions(address)
    rows = await session.execute(_ASKED, {"questions": questions})
    done = {row.question: row.latitude is not None for row in rows}
    return [] if any(done.values()) else [each for each in questions if each not in done]


async def keep_answer(session: AsyncSession, answer: Answer) -> None:
    """Remember what the map said, also that it knew nothing."""
    await session.execute(
        _KEEP,
        {
            "question": answer.question,
            "latitude": answer.latitude,
            "longitude": answer.longitude,
            "label": answer.label,
        },
    )


_KNOWN = text(
    "select question, latitude, longitude, label from geocode_cache "
    "where company_id = current_company() and question = any(:questions) and latitude is not null"
)
_ASKED = text(
    "select question, latitude from geocode_cache "
    "where company_id = current_company() and question = any(:questions)"
)
_KEEP = text(
    """
    insert into geocode_cache (company_id, question, latitude, longitude, label)
    values (current_company(), :question, :latitude, :longitude, :label)
    on conflict (company_id, question) do update set latitude = excluded.latitude,
      longitude = excluded.longitude, label = excluded.label, asked_at = now()
    """
)
