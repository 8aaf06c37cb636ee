"""Pure: what an address says once the floors and business centres are taken off."""

import re
from dataclasses import dataclass

from ticketyard.routing.gazetteer import Gazetteer, Nowhere, Spot
from ticketyard.routing.spelling import says_nothing, spelling_key, typos_between

_HOME = {
    *map(
        spelling_key,
        (
            "Казахстан",
            "Kazakhstan",
            "Қазақстан",
            "Qazaqstan",
            "KZ",
            "KAZ",
            "РК",
            "RK",
            "Республика Казахстан",
        ),
    ),
    *map(spelling_key, ("Қазақстан Республикасы", "Republic of Kazakhstan", "ҚР", "Kasachstan")),
}
_INSIDE_BUILDING = re.compile(
    r"^(?:(?:БЦ|ТЦ|ТРЦ|бизнес[- ]?центр|торговый центр|business cent(?:er|re)|BC)\b.*"
    r"|.*\b(?:этаж|эт\.|қабат|floor|fl\.)(?:\W|$).*"
    r"|(?:офис|оф\.?|office|каб\.?|кабинет|помещение|пом\.?|блок|вход|кв\.?|unit|room)\b.*"
    r"|\d{6})$",
    re.IGNORECASE,
)
_BUILDING_NAME = re.compile(
    r"\s*(?:\bБЦ\b|\bТРЦ\b|\bТЦ\b|бизнес[- ]?центр)\s*[«\"“][^»\"”]*[»\"”]", re.IGNORECASE
)
_STREET = re.compile(
    r"\b(?:ул|улица|пр|пр-т|просп|проспект|пр-кт|мкр|микрорайон|мкрн|пер|переулок|бул|бульвар|шоссе|площадь|пл|"
    r"көшесі|даңғылы|дом|д|стр|строение|street|st|ave|avenue|prospekt|ulitsa|district|район|р-н)\b",
    re.IGNORECASE,
)
_CITY_MARK = re.compile(r"^\s*(?:город|гор\.?|г\.|г\s|қала|city)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client lives, as the source told it; empty when it did not."""

    country: str = ""
    region: str = ""
    city: str = ""
    street: str = ""
    house: str = ""


def is_abroad(country: str) -> bool:
    """Whether a country was named and it is not Kazakhstan; an empty field is not foreign."""
    key = spelling_key(country)
    if says_nothing(country) or key in _HOME:
        return False
    return typos_between(key, spelling_key("Казахстан"), at_most=2) is None


def locate_client(address: Address, gazetteer: Gazetteer) -> Spot | Nowhere:
    """The client's town; no point when they live abroad or named no place we know."""
    if is_abroad(address.country):
        return Nowhere("the client lives abroad")
    return gazetteer.locate(address.city, address.region)


def locate_office(name: str, address: str, gazetteer: Gazetteer) -> Spot | Nowhere:
    """The town an office stands in: a part marked as a city, its name, then the other parts."""
    parts = clean_address(address).split(", ")
    marked = [part for part in parts if _CITY_MARK.match(part)]
    plain = [part for part in parts if part not in marked and not _STREET.search(part)]
    for candidate in [*marked, name, *plain]:
        if gazetteer.is_known(candidate):
            return gazetteer.locate(candidate, "")
    return gazetteer.locate(name, "")


def clean_address(text: str) -> str:
    """The address a map understands: no floor, no room, no business centre, no postcode."""
    parts = (
        part.strip(" .") if part.strip() != "г." else ""
        for part in _BUILDING_NAME.sub("", text).split(",")
    )
    return ", ".join(part for part in parts if part and not _INSIDE_BUILDING.match(part))


def client_questions(address: Address) -> list[str]:
    """What to ask a map about a client, the most exact first."""
    city = [address.city, address.region, "Казахстан"]
    street = [f"{address.street} {address.house}".strip(), *city]
    questions = (", ".join(part for part in parts if part) for parts in (street, city))
    return list(dict.fromkeys(questions)) if address.city else []


def office_questions(name: str, address: str) -> list[str]:
    """What to ask a map about an office, the most exact first."""
    questions = (
        ", ".join(p for p in parts if p)
        for parts in ((clean_address(address), name, "Казахстан"), (name, "Казахстан"))
    )
    return list(dict.fromkeys(questions))
