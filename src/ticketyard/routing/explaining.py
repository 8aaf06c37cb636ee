"""Pure: one sentence, for a person, out of a receipt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ticketyard.routing.choosing import is_same_word
from ticketyard.routing.receipts import Receipt

Locale = Literal["en", "ru"]


def explain(receipt: Receipt, locale: Locale = "en") -> str:
    """Who got the ticket and why: office, detour, what was asked for, load before and after."""
    words = _WORDS[locale]
    decision = receipt["decision"]
    offices = {office["id"]: office["name"] or words.no_office for office in receipt["offices"]}
    if decision["outcome"] == "not wanted":
        return _unwanted_part(receipt, words)
    if decision["outcome"] == "nobody eligible":
        if not decision["requirements"]:
            return words.nobody_at_all
        needs = words.listed(_needs(decision))
        return words.nobody.format(count=sum(map(bool, decision["visited"])), needs=needs)
    agents = {agent["id"]: agent for agent in receipt["agents"]}
    agent = agents[decision["agent_id"]]
    parts = [_office_part(receipt, offices, words)]
    if decision["office_id"] != decision["primary_office_id"]:
        parts.append(
            words.detour.format(
                primary=offices.get(decision["primary_office_id"], words.no_office),
                office=offices[decision["office_id"]],
            )
        )
    if decision["requirements"]:
        parts.append(words.asked.format(needs=words.listed(_reasons(decision, words))))
    parts.append(_turn_part(decision, agents, words))
    parts.append(
        words.load.format(before=decision["load_before"], after=decision["load_before"] + 1)
    )
    return words.given.format(
        agent=agent["name"], office=offices[decision["office_id"]], why="; ".join(parts)
    )


def _unwanted_part(receipt: Receipt, words: "_Words") -> str:
    ticket, rules = receipt["ticket"], receipt["rules"]
    if not is_same_word(ticket["category"], tuple(rules["unassigned_categories"])):
        for tag in ticket.get("tags", ()):
            if is_same_word(tag, tuple(rules.get("unassigned_tags", ()))):
                return words.not_wanted_tag.format(tag=tag)
    return words.not_wanted.format(category=ticket["category"])


@dataclass(frozen=True, slots=True)
class _Words:
    given: str
    nearest: str
    in_turn: str
    only_office: str
    no_office: str
    detour: str
    asked: str
    reasons: dict[str, str]
    taking_turns: str
    only_one: str
    load: str
    not_wanted: str
    not_wanted_tag: str
    nobody: str
    nobody_at_all: str
    whys: dict[str, str]
    listed: Callable[[list[str]], str]


def _and(word: str) -> Callable[[list[str]], str]:
    def listed(items: list[str]) -> str:
        return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" {word} " + items[-1]

    return listed


_WORDS: dict[str, _Words] = {
    "en": _Words(
        given="Given to {agent}, {office}: {why}.",
        nearest="the office nearest to {place} ({km} km)",
        in_turn="no usable address ({why}), so it was the turn of {office}",
        only_office="the only office for tickets without a usable address ({why})",
        no_office="no office",
        detour="nobody suitable in {primary}, and {office} is the closest to it with someone",
        asked="asked for {needs}",
        reasons={
            "segment": "{needs} (segment {asked_by})",
            "category": "{needs} (“{asked_by}”)",
            "language": "{needs} (language)",
        },
        taking_turns="one of the two least busy, in turn with {other}",
        only_one="the only one suitable there",
        load="load {before} → {after}",
        not_wanted="Kept, but given to nobody: the category is “{category}”.",
        not_wanted_tag="Kept, but given to nobody: it is tagged “{tag}”.",
        nobody="Given to nobody: no one in {count} offices has {needs}.",
        nobody_at_all="Given to nobody: there is no agent who could take it.",
        whys={},
        listed=_and("and"),
    ),
    "ru": _Words(
        given="Назначено: {agent}, {office}: {why}.",
        nearest="ближайший офис к {place} ({km} км)",
        in_turn="нет пригодного адреса ({why}), по очереди — {office}",
        only_office="единственный офис для обращений без пригодного адреса ({why})",
        no_office="без офиса",
        detour="в офисе {primary} нет подходящих, {office} — ближайший к нему, где они есть",
        asked="требуется {needs}",
        reasons={
            "segment": "{needs} (сегмент {asked_by})",
            "category": "{needs} («{asked_by}»)",
            "language": "{needs} (язык)",
        },
        taking_turns="один из двух наименее занятых, по очереди с {other}",
        only_one="там единственный подходящий",
        load="нагрузка {before} → {after}",
        not_wanted="Сохранено, но никому не назначено: категория «{category}».",
        not_wanted_tag="Сохранено, но никому не назначено: метка «{tag}».",
        nobody="Никому не назначено: ни в одном из офисов ({count}) нет сотрудника с {needs}.",
        nobody_at_all="Никому не назначено: нет сотрудника, который мог бы его взять.",
        whys={
            "the client lives abroad": "клиент за границей",
            "the place is not one we know": "населённый пункт неизвестен",
            "the address names no place": "населённый пункт не указан",
        },
        listed=_and("и"),
    ),
}


def _office_part(receipt: Receipt, offices: dict[int, str], words: _Words) -> str:
    decision, place = receipt["decision"], receipt["ticket"]["place"]
    primary = offices.get(decision["primary_office_id"], words.no_office)
    if decision["office_because"] == "nearest":
        return words.nearest.format(place=place, km=f"{decision['distance_km']:.0f}")
    why = words.whys.get(place, place)
    if decision["office_because"] == "in turn":
        return words.in_turn.format(why=why, office=primary)
    if decision["office_because"] == "only one":
        return words.only_office.format(why=why)
    return words.no_office


def _turn_part(decision: dict[str, Any], agents: dict[int, dict[str, Any]], words: _Words) -> str:
    others = [id_ for id_ in decision["pair"] if id_ != decision["agent_id"]]
    if not others:
        return words.only_one
    return words.taking_turns.format(other=agents[others[0]]["name"])


def _needs(decision: dict[str, Any]) -> list[str]:
    return [requirement["needs"] for requirement in decision["requirements"]]


def _reasons(decision: dict[str, Any], words: _Words) -> list[str]:
    return [
        words.reasons[requirement["kind"]].format(**requirement)
        for requirement in decision["requirements"]
    ]
