"""Pure: a routing receipt as the ticket's page shows it: one sentence, its steps, a map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ticketyard.routing.explaining import Locale, explain
from ticketyard.routing.receipts import Receipt
from ticketyard.web.pages.drawing import Map, Place, draw_map

CANDIDATES_MAX = 6


@dataclass(frozen=True)
class Step:
    """One point on the way. turned: the way went another way than first meant."""

    name: str
    text: str
    turned: bool = False


@dataclass(frozen=True)
class Candidate:
    """Someone who could have taken it, with the load of that moment."""

    name: str
    skills: list[str]
    load: int
    chosen: bool


@dataclass(frozen=True)
class ReceiptView:
    """Everything the page draws of a receipt."""

    sentence: str
    is_assigned: bool
    steps: list[Step]
    candidates: list[Candidate]
    map: Map | None


def receipt_view(receipt: Receipt, *, client: str, locale: str) -> ReceiptView:
    """The receipt for a reader of this language. client: what the requester's dot is called."""
    language: Locale = "ru" if locale == "ru" else "en"
    return ReceiptView(
        sentence=explain(receipt, language),
        is_assigned=receipt["decision"]["outcome"] == "assigned",
        steps=_steps(receipt),
        candidates=_candidates(receipt),
        map=_map(receipt, client),
    )


def _steps(receipt: Receipt) -> list[Step]:
    decision = receipt["decision"]
    offices = {office["id"]: office["name"] for office in receipt["offices"]}
    steps = [_office_step(receipt, offices)] if decision["primary_office_id"] else []
    if decision["requirements"]:
        needs = "; ".join(_need(each) for each in decision["requirements"])
        steps.append(Step("Needs", f"{needs}."))
    if decision["outcome"] != "assigned":
        return [*steps, Step("Nobody", "it waits in the queue.", turned=True)]
    if decision["office_id"] != decision["primary_office_id"]:
        passed = [offices.get(id_, "") for id_ in decision["visited"][:-1]]
        steps.append(
            Step(
                f"Nobody fits in {', '.join(filter(None, passed)) or 'the first office'},",
                f"so on to the next one: {offices.get(decision['office_id'], '')}.",
                turned=True,
            )
        )
    return [*steps, _pick_step(receipt)]


def _office_step(receipt: Receipt, offices: Mapping[int, str]) -> Step:
    decision = receipt["decision"]
    name = offices.get(decision["primary_office_id"], "")
    if decision["office_because"] == "nearest":
        return Step("Nearest office", f"{name}, {decision['distance_km']:.0f} km away.")
    if decision["office_because"] == "in turn":
        place = receipt["ticket"]["place"] or "no address"
        return Step("Office in turn", f"{name} ({place}).")
    return Step("Office", f"{name}.")


def _need(requirement: Mapping[str, Any]) -> str:
    return f"{requirement['needs']} because of {requirement['kind']} “{requirement['asked_by']}”"


def _pick_step(receipt: Receipt) -> Step:
    decision = receipt["decision"]
    agents = {agent["id"]: agent for agent in receipt["agents"]}
    pair = [agents[id_] for id_ in decision["pair"] if id_ in agents]
    if len(pair) < 2:
        return Step("Only one fits:", f"{agents[decision['agent_id']]['name']}.")
    names = " and ".join(f"{agent['name']} ({agent['load']})" for agent in pair)
    return Step("Least busy", f"{names}; the turn was {agents[decision['agent_id']]['name']}’s.")


def _candidates(receipt: Receipt) -> list[Candidate]:
    decision = receipt["decision"]
    if decision["outcome"] != "assigned":
        return []
    needed = {each["needs"] for each in decision["requirements"] if each["kind"] != "category"}
    position = {each["needs"] for each in decision["requirements"] if each["kind"] == "category"}
    fitting = [
        agent
        for agent in receipt["agents"]
        if agent["office_id"] == decision["office_id"]
        and needed <= set(agent["skills"])
        and (not position or agent["position"] in position)
    ]
    chosen = decision["agent_id"]
    fitting.sort(key=lambda agent: (agent["load"], agent["id"]))
    shown = fitting[:CANDIDATES_MAX]
    if chosen not in {agent["id"] for agent in shown}:
        shown += [agent for agent in receipt["agents"] if agent["id"] == chosen]
    return [
        Candidate(agent["name"], agent["skills"], agent["load"], agent["id"] == chosen)
        for agent in shown
    ]


def _map(receipt: Receipt, client: str) -> Map | None:
    decision = receipt["decision"]
    detour = decision["office_id"] != decision["primary_office_id"]
    roles = {decision["office_id"]: "chosen"}
    if detour:
        roles[decision["primary_office_id"]] = "primary"
    places = [
        Place(office["name"], office["point"][0], office["point"][1], roles.get(office["id"], ""))
        for office in receipt["offices"]
        if office["point"]
    ]
    point = receipt["ticket"]["point"]
    if point:
        places.append(Place(client, point[0], point[1], "client"))
    return draw_map(places)
