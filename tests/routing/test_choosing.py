"""Who takes a ticket: the rules of the spec's fifth document as a table and as properties."""

from collections import Counter
from collections.abc import Sequence

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.routing.choosing import (
    Decision,
    choose,
    choose_for_all,
    is_eligible,
    note_turns,
    offices_from,
    requirements_of,
)
from ticketyard.routing.distances import nearest
from ticketyard.routing.explaining import explain
from ticketyard.routing.facts import (
    NO_OFFICE,
    AgentFacts,
    OfficeFacts,
    Rotation,
    Rules,
    TicketFacts,
)
from ticketyard.routing.receipts import canonical, recompute, write_receipt

ASTANA, ALMATY, KARAGANDA = 1, 2, 3
OFFICES = (
    OfficeFacts(ASTANA, "Астана", (51.1694, 71.4491)),
    OfficeFacts(ALMATY, "Алматы", (43.2380, 76.9458)),
    OfficeFacts(KARAGANDA, "Караганда", (49.8047, 73.1094)),
)
CHIEF = "Главный специалист"
RULES = Rules(split_office_ids=(ASTANA, ALMATY))
NEAR_KARAGANDA = (49.80, 73.10)


def agent(
    id_: int, office: int, *, load: int = 0, skills: str = "", position: str = "Специалист"
) -> AgentFacts:
    return AgentFacts(id_, f"Агент {id_}", office, position, frozenset(skills.split()), load)


def by_office(*agents: AgentFacts) -> dict[int, list[AgentFacts]]:
    found: dict[int, list[AgentFacts]] = {}
    for one in agents:
        found.setdefault(one.office_id, []).append(one)
    return found


@pytest.mark.parametrize(
    ("ticket", "needs"),
    [
        (TicketFacts(1, 5), []),
        (TicketFacts(1, 5, segment="Mass", language="RU"), []),
        (TicketFacts(1, 5, segment="VIP"), ["VIP"]),
        (TicketFacts(1, 5, segment="priority"), ["VIP"]),
        (TicketFacts(1, 5, category="смена данных"), [CHIEF]),
        (TicketFacts(1, 5, language="KZ"), ["KZ"]),
        (
            TicketFacts(1, 5, segment="VIP", category="Смена данных", language="ENG"),
            ["VIP", CHIEF, "ENG"],
        ),
    ],
)
def test_segment_category_and_language_each_ask_for_something(
    ticket: TicketFacts, needs: list[str]
) -> None:
    assert [requirement.needs for requirement in requirements_of(ticket, RULES)] == needs


def test_the_position_must_be_exactly_the_one_asked_for() -> None:
    requirements = requirements_of(TicketFacts(1, 5, category="Смена данных"), RULES)
    assert is_eligible(agent(1, ASTANA, position="главный специалист "), requirements)
    assert not is_eligible(agent(1, ASTANA, position="Ведущий специалист"), requirements)


def test_the_nearest_office_is_asked_first() -> None:
    people = by_office(agent(10, ASTANA), agent(30, KARAGANDA, load=9))
    decision = choose(TicketFacts(1, 5, point=NEAR_KARAGANDA), OFFICES, people, Rotation(), RULES)
    assert (decision.office_id, decision.agent_id, decision.load_before) == (KARAGANDA, 30, 9)


def test_the_detour_is_measured_from_the_primary_office_not_from_the_client() -> None:
    # Seen from the client, B is nearer than C; seen from the primary office A, C is.
    offices = (
        OfficeFacts(1, "A", (50.0, 70.0)),
        OfficeFacts(2, "B", (50.0, 74.2)),
        OfficeFacts(3, "C", (50.0, 66.0)),
    )
    people = by_office(agent(20, 2, skills="VIP"), agent(30, 3, skills="VIP"), agent(10, 1))
    ticket = TicketFacts(1, 5, segment="VIP", point=(50.0, 72.0))
    decision = choose(ticket, offices, people, Rotation(), RULES)
    assert decision.visited == (1, 3)
    assert decision.agent_id == 30


def test_without_an_address_astana_and_almaty_take_strict_turns() -> None:
    people = [agent(10, ASTANA), agent(20, ALMATY)]
    tickets = [TicketFacts(id_, 5) for id_ in range(1, 6)]
    made = choose_for_all(tickets, OFFICES, people, Rotation(), RULES)
    assert [d.office_id for _, d, _ in made] == [ASTANA, ALMATY, ASTANA, ALMATY, ASTANA]


def test_the_turn_is_the_office_asked_even_when_another_one_helps_out() -> None:
    people = [agent(30, KARAGANDA, skills="VIP"), agent(10, ASTANA), agent(20, ALMATY)]
    tickets = [TicketFacts(1, 9, segment="VIP"), TicketFacts(2, 5), TicketFacts(3, 5)]
    made = list(choose_for_all(tickets, OFFICES, people, Rotation(), RULES))
    assert [d.primary_office_id for _, d, _ in made] == [ASTANA, ALMATY, ASTANA]
    assert [d.office_id for _, d, _ in made] == [KARAGANDA, ALMATY, ASTANA]


def test_spam_is_given_to_nobody_and_moves_no_turn() -> None:
    rotation = Rotation()
    tickets = [TicketFacts(1, 9, category="Спам")]
    [(_, decision, _)] = choose_for_all(tickets, OFFICES, [agent(10, ASTANA)], rotation, RULES)
    assert decision == Decision("not wanted")
    assert rotation == Rotation()


def test_a_company_may_want_its_spam_assigned() -> None:
    rules = Rules(unassigned_categories=frozenset(), split_office_ids=(ASTANA, ALMATY))
    ticket = TicketFacts(1, 9, category="Спам")
    decision = choose(ticket, OFFICES, by_office(agent(10, ASTANA)), Rotation(), rules)
    assert decision.agent_id == 10


def test_when_nobody_anywhere_is_eligible_all_offices_were_visited() -> None:
    ticket = TicketFacts(1, 5, language="KZ", point=NEAR_KARAGANDA)
    decision = choose(ticket, OFFICES, by_office(agent(10, ASTANA)), Rotation(), RULES)
    assert decision.outcome == "nobody eligible"
    assert decision.visited == (KARAGANDA, ASTANA, ALMATY)


def test_who_gave_it_back_does_not_get_it_again() -> None:
    people = by_office(agent(10, ASTANA), agent(11, ASTANA, load=7))
    decision = choose(TicketFacts(1, 5, avoid=(10,)), OFFICES, people, Rotation(), RULES)
    assert decision.agent_id == 11


def test_a_company_without_offices_shares_its_tickets_among_all() -> None:
    offices = (OfficeFacts(NO_OFFICE, "", None),)
    people = [agent(1, NO_OFFICE), agent(2, NO_OFFICE)]
    tickets = [TicketFacts(id_, 5) for id_ in range(1, 5)]
    made = choose_for_all(tickets, offices, people, Rotation(), Rules())
    assert [decision.agent_id for _, decision, _ in made] == [1, 2, 1, 2]


def test_offices_without_a_point_come_last_and_by_id() -> None:
    offices = (*OFFICES, OfficeFacts(9, "Нет", None), OfficeFacts(8, "Нет", None))
    assert offices_from(KARAGANDA, offices) == (KARAGANDA, ASTANA, ALMATY, 8, 9)
    assert offices_from(9, offices) == (9, ASTANA, ALMATY, KARAGANDA, 8)


def test_the_least_loaded_are_preferred_then_the_lowest_id() -> None:
    people = by_office(agent(12, ASTANA), agent(11, ASTANA), agent(10, ASTANA, load=1))
    decision = choose(TicketFacts(1, 5), OFFICES, people, Rotation(), RULES)
    assert decision.pair == (11, 12)
    assert decision.agent_id == 11


def test_a_sentence_says_why() -> None:
    people = [
        agent(10, ASTANA, skills="VIP KZ", load=3),
        agent(11, ASTANA, skills="VIP KZ", load=3),
    ]
    ticket = TicketFacts(7, 8, "VIP", "Жалоба", "KZ", NEAR_KARAGANDA, "Караганда")
    [(facts, decision, moment)] = choose_for_all([ticket], OFFICES, people, Rotation(), RULES)
    receipt = write_receipt(facts, decision, moment)
    assert explain(receipt) == (
        "Given to Агент 10, Астана: the office nearest to Караганда (1 km); nobody suitable in "
        "Караганда, and Астана is the closest to it with someone; asked for VIP (segment VIP) and "
        "KZ (language); one of the two least busy, in turn with Агент 11; load 3 → 4."
    )
    assert explain(receipt, "ru") == (
        "Назначено: Агент 10, Астана: ближайший офис к Караганда (1 км); в офисе Караганда нет "
        "подходящих, Астана — ближайший к нему, где они есть; требуется VIP (сегмент VIP) и "
        "KZ (язык); один из двух наименее занятых, по очереди с Агент 11; нагрузка 3 → 4."
    )


SKILLS = st.sets(st.sampled_from(["VIP", "ENG", "KZ"]))
POSITIONS = st.sampled_from(["Специалист", "Ведущий специалист", CHIEF])
POINTS = st.tuples(
    st.floats(41, 55, allow_nan=False).map(lambda x: round(x, 4)),
    st.floats(47, 87, allow_nan=False).map(lambda x: round(x, 4)),
)


@st.composite
def worlds(
    draw: st.DrawFn,
) -> tuple[list[OfficeFacts], list[AgentFacts], list[TicketFacts], Rules]:
    points = draw(st.lists(st.none() | POINTS, min_size=1, max_size=6))
    offices = [OfficeFacts(i, f"О{i}", point) for i, point in enumerate(points, 1)]
    agents = [
        AgentFacts(
            i,
            f"А{i}",
            draw(st.integers(1, len(offices))),
            draw(POSITIONS),
            frozenset(draw(SKILLS)),
            draw(st.integers(0, 6)),
        )
        for i in range(1, draw(st.integers(0, 12)) + 1)
    ]
    tickets = [
        TicketFacts(
            i,
            draw(st.integers(1, 10)),
            draw(st.sampled_from(["Mass", "VIP", "Priority"])),
            draw(st.sampled_from(["Жалоба", "Смена данных", "Спам"])),
            draw(st.sampled_from(["RU", "KZ", "ENG"])),
            draw(st.none() | POINTS),
        )
        for i in range(1, draw(st.integers(0, 25)) + 1)
    ]
    split = draw(st.sampled_from([(), (1,), (1, min(2, len(offices)))]))
    return offices, agents, tickets, Rules(split_office_ids=tuple(dict.fromkeys(split)))


World = tuple[list[OfficeFacts], list[AgentFacts], list[TicketFacts], Rules]


def has_what_is_asked(agent: AgentFacts, ticket: TicketFacts) -> bool:
    """The eligibility rule written a second time, straight from the spec."""
    return (
        (ticket.segment == "Mass" or "VIP" in agent.skills)
        and (ticket.category != "Смена данных" or agent.position == CHIEF)
        and (ticket.language == "RU" or ticket.language in agent.skills)
    )


@given(worlds())
def test_nobody_ineligible_ever_gets_a_ticket(world: World) -> None:
    offices, agents, tickets, rules = world
    people = {a.id: a for a in agents}
    for ticket, decision, _ in choose_for_all(tickets, offices, agents, Rotation(), rules):
        if decision.agent_id is not None:
            assert has_what_is_asked(people[decision.agent_id], ticket)
            assert people[decision.agent_id].office_id == decision.office_id
            assert ticket.category != "Спам"
        elif decision.outcome == "nobody eligible":
            assert not any(has_what_is_asked(a, ticket) for a in agents)


@given(worlds())
def test_the_office_is_the_nearest_one_with_someone_eligible(world: World) -> None:
    offices, agents, tickets, rules = world
    points = {o.id: o.point for o in offices}
    for ticket, decision, _ in choose_for_all(tickets, offices, agents, Rotation(), rules):
        if decision.agent_id is None or decision.office_id is None:
            continue
        home = points[decision.primary_office_id or 0]
        if ticket.point and home:
            shortest = min(km(ticket.point, p) for p in points.values() if p)
            assert abs(km(ticket.point, home) - shortest) < 0.002
        able = {a.office_id for a in agents if has_what_is_asked(a, ticket)}
        assert decision.office_id in able
        if decision.primary_office_id in able:
            assert decision.office_id == decision.primary_office_id
        elif home and (there := points[decision.office_id]):
            others = [km(home, p) for id_ in able if (p := points[id_])]
            assert km(home, there) <= min(others) + 0.002


@given(worlds())
def test_each_pair_shares_fairly(world: World) -> None:
    offices, agents, tickets, rules = world
    picks: Counter[tuple[frozenset[int], int]] = Counter()
    pairs: set[frozenset[int]] = set()
    for _, decision, _ in choose_for_all(tickets, offices, agents, Rotation(), rules):
        if len(decision.pair) == 2 and decision.agent_id is not None:
            pairs.add(frozenset(decision.pair))
            picks[frozenset(decision.pair), decision.agent_id] += 1
    for pair in pairs:
        one, other = pair
        assert abs(picks[pair, one] - picks[pair, other]) <= 1


@given(worlds())
def test_the_order_is_urgency_then_id_and_load_counts_every_choice(world: World) -> None:
    offices, agents, tickets, rules = world
    load = {a.id: a.load for a in agents}
    order: list[tuple[int, int]] = []
    for ticket, decision, _ in choose_for_all(tickets, offices, agents, Rotation(), rules):
        order.append((-ticket.urgency, ticket.id))
        if decision.agent_id is not None:
            assert decision.load_before == load[decision.agent_id]
            load[decision.agent_id] += 1
    assert order == sorted(order)
    assert len(order) == len(tickets)


@given(worlds())
def test_the_split_is_even(world: World) -> None:
    offices, agents, tickets, rules = world
    turns = Counter(
        decision.primary_office_id
        for _, decision, _ in choose_for_all(tickets, offices, agents, Rotation(), rules)
        if decision.office_because == "in turn"
    )
    assert max(turns.values(), default=0) - min(turns.values(), default=0) <= 1 or len(turns) == 1


@given(worlds())
def test_a_receipt_gives_the_same_decision_byte_for_byte(world: World) -> None:
    offices, agents, tickets, rules = world
    for ticket, decision, moment in choose_for_all(tickets, offices, agents, Rotation(), rules):
        receipt = write_receipt(ticket, decision, moment)
        assert canonical(recompute(receipt)) == canonical(receipt)
        assert explain(receipt)
        assert explain(receipt, "ru")


@given(worlds())
def test_stopping_and_going_on_changes_nothing(world: World) -> None:
    """The rotation carried over two runs decides as one run does: that is why it is stored."""
    offices, agents, tickets, rules = world
    whole = [d for _, d, _ in choose_for_all(tickets, offices, agents, Rotation(), rules)]
    assert stepwise(tickets, offices, agents, rules) == whole


def test_a_very_large_office_keeps_a_short_receipt() -> None:
    people = [agent(id_, ASTANA, load=id_ % 7, skills="VIP") for id_ in range(1, 400)]
    ticket = TicketFacts(1, 5, segment="VIP")
    [(facts, decision, moment)] = choose_for_all([ticket], OFFICES, people, Rotation(), RULES)
    receipt = write_receipt(facts, decision, moment)
    assert len(receipt["agents"]) == 20
    assert receipt["agents_unlisted"] == {"1": 379}
    assert canonical(recompute(receipt)) == canonical(receipt)


def test_a_receipt_of_a_later_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 99"):
        recompute({"version": 99})


@given(POINTS, st.lists(POINTS, min_size=1, max_size=20))
def test_the_quick_search_finds_what_the_exact_one_finds(
    origin: tuple[float, float], points: list[tuple[float, float]]
) -> None:
    numbered = list(enumerate(points))
    found = nearest(origin, numbered)
    assert found == min((km(origin, p), id_) for id_, p in numbered)[::-1]


def km(one: tuple[float, float], other: tuple[float, float]) -> float:
    return round(float(geodesic(one, other).km), 3)


def stepwise(
    tickets: Sequence[TicketFacts],
    offices: Sequence[OfficeFacts],
    agents: Sequence[AgentFacts],
    rules: Rules,
) -> list[Decision]:
    loads = {a.id: a.load for a in agents}
    rotation, made = Rotation(), []
    for ticket in sorted(tickets, key=lambda t: (-t.urgency, t.id)):
        now = by_office(
            *(
                AgentFacts(a.id, a.name, a.office_id, a.position, a.skills, loads[a.id])
                for a in agents
            )
        )
        decision = choose(ticket, offices, now, rotation, rules)
        note_turns(decision, rotation)
        if decision.agent_id is not None:
            loads[decision.agent_id] += 1
        made.append(decision)
    return made
