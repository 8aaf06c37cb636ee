"""Categories are added, renamed and taken out of use, and what speaks of them goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.triage.learning.lessons import all_texts
from tests.triage.learning.test_versions import train
from tests.world import World
from ticketyard.ai.embedding import NoEmbedder
from ticketyard.core.jobs import Worker
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.writing import add_article
from ticketyard.sla.changing import add_calendar, add_policy
from ticketyard.sla.drafts import CalendarDraft, PolicyDraft
from ticketyard.sla.histories import read_histories
from ticketyard.sla.rule_book import read_book
from ticketyard.tickets.categorizing import add_category, change_category
from ticketyard.tickets.errors import (
    BadCategory,
    CategoryNotFound,
    CategoryTaken,
    UnknownCategory,
)
from ticketyard.tickets.labelling import find_category
from ticketyard.tickets.names import first_names, former_names, present_names
from ticketyard.tickets.queries import get_ticket, list_categories
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.applying import apply_findings
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.engine import analyse
from ticketyard.triage.engines import Engines
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.learning.counting import consider_training
from ticketyard.triage.learning.gathering import count_fresh, gather
from ticketyard.triage.learning.quality import measure_quality
from ticketyard.triage.learning.queries import find_shadow_report
from ticketyard.triage.learning.setting import LearningSettings, set_learning_settings
from ticketyard.triage.learning.versions import promote_version
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import (
    CATEGORY,
    current_version,
    get_analysis,
    get_profile,
    list_texts,
)
from ticketyard.triage.reviewing import find_last_decision, take_back_last

PAIRS = all_texts()


async def id_of(world: World, name: str) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return next(
            each.id for each in await list_categories(session, retired=True) if each.name == name
        )


async def change(world: World, which: str, **changes: Any) -> None:
    category_id = await id_of(world, which)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_category(session, category_id=category_id, by=world.system, **changes)


async def names(world: World) -> list[str]:
    async with world.resources.db.transaction(world.company_id) as session:
        return [each.name for each in await list_categories(session)]


async def found(world: World, name: str) -> str | None:
    async with world.resources.db.transaction(world.company_id) as session:
        return await find_category(session, name)


async def test_an_old_name_is_understood_for_good(world: World) -> None:
    await change(world, "vpn", name="Tunnel")
    await change(world, "Tunnel", name="Remote access")
    for word in ("vpn", "VPN", "tunnel", "Remote access"):
        assert await found(world, word) == "Remote access"
    assert "Remote access" in await names(world)
    # Nothing else may be called so, or old words would mean two things.
    async with world.resources.db.transaction(world.company_id) as session:
        with pytest.raises(CategoryTaken, match="what Remote access was called before"):
            await add_category(session, name="VPN", by=world.system)
        with pytest.raises(CategoryTaken, match="There is a category printer"):
            await add_category(session, name="Printer", by=world.system)
        with pytest.raises(BadCategory):
            await add_category(session, name=" \u200b ", by=world.system)
        with pytest.raises(CategoryNotFound):
            await change_category(session, category_id=999_999, name="x", by=world.system)
    with pytest.raises(CategoryTaken):
        await change(world, "email", name="tunnel")
    # Back to where it began.
    await change(world, "Remote access", name="vpn")
    assert await found(world, "remote ACCESS") == "vpn"


async def test_two_new_names_at_once_are_both_kept(world: World) -> None:
    await asyncio.gather(
        change(world, "vpn", name="Tunnel"),
        change(world, "email", name="Mail"),
        change(world, "printer", name="Printing"),
    )
    for word, name in (("vpn", "Tunnel"), ("email", "Mail"), ("printer", "Printing")):
        assert await found(world, word) == name


def test_names_are_kept_the_oldest_first() -> None:
    settings = {"former_categories": {"C": ["A", "B"], "x": ["x", "y"]}}
    assert former_names(settings) == {"C": ("A", "B"), "x": ("x", "y")}
    assert present_names(settings) == {"A": "C", "B": "C", "y": "x"}
    assert first_names(settings) == {"C": "A"}
    assert (former_names({}), present_names({}), first_names({})) == ({}, {}, {})


async def test_tickets_policies_and_what_sources_say_follow_a_new_name(
    world: World, worker: Worker
) -> None:
    opened = await world.open("The printer is out of toner", category="printer")
    await worker.run_pending()
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        for statement in (
            "insert into escalation_policy (company_id, name, trigger, categories, levels)"
            " values (current_company(), 'Watch', 'opened', '{printer,vpn}', '[]')",
            "update auto_resolution_rule set categories = '{printer}'",
            "insert into macro (company_id, name, actions)"
            " values (current_company(), 'Toner', '{\"category\": \"printer\"}')",
            "insert into solution (company_id, title, category, kind, description, state) values"
            " (current_company(), 'Change the toner', 'printer', 'manual_steps', 'x', 'draft')",
            "insert into saved_view (company_id, person_id, name, query)"
            " select current_company(), id, 'Mine', '{\"category\": \"printer\"}' from person"
            " where company_id = current_company() limit 1",
        ):
            await session.execute(text(statement))
        calendar = await add_calendar(
            session, draft=CalendarDraft(name="Office", always=True), by=world.system
        )
        draft = PolicyDraft(name="Printers", calendar_id=calendar.id, category="printer")
        await add_policy(session, draft=draft, by=world.system)
        article = ArticleDraft(title="Toner", body="Change it.", category="printer")
        await add_article(session, draft=article, by=world.as_person(world.admin))
    async with db.transaction(world.company_id) as session:
        version = (await get_ticket(session, opened.id)).version
    await change(world, "printer", name="Printing")
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        assert (ticket.category, ticket.version) == ("Printing", version)
        analysis = await get_analysis(session, opened.id)
        assert analysis.category == "Printing"
        assert analysis.category_ranking[0][0] == "Printing"
        for query, expected in (
            ("select categories from escalation_policy", ["Printing", "vpn"]),
            ("select actions ->> 'category' from macro where name = 'Toner'", "Printing"),
            ("select query ->> 'category' from saved_view", "Printing"),
            ("select category from solution where title = 'Change the toner'", "Printing"),
            ("select category from knowledge_document", "Printing"),
            (
                "select payload ->> 'after' from event where type = 'desk.category_renamed'",
                "Printing",
            ),
        ):
            assert await session.scalar(text(query)) == expected

    async with db.transaction(world.company_id) as session:
        # Clocks are counted by pages of the rules and by what happened, both of which said otherwise.
        (*_, page) = (await read_book(session)).pages
        assert [each.category for each in page.policies if each.category] == ["Printing"]
        history = (await read_histories(session, [opened.id]))[opened.id]
        policy = page.policy_for(history.labels)
        assert policy
        assert policy.category == "Printing"
        assert await session.scalar(text("select max(category) from sla_policy")) == "Printing"

    # Rules know it by its first name, and a source that says the old word means it.
    later = await world.open("The printer prints blank pages and its toner is empty")
    async with db.transaction(world.company_id) as session:
        said = text(
            "select with_own_category(jsonb_build_object('source_category', cast(:it as text)))"
        )
        for word, category in (("PRINTER", "Printing"), ("printing", "Printing"), ("fax", None)):
            told = await session.scalar(said, {"it": word})
            assert told["category"] == category
            assert told["category_by"] == ("source" if category else "default")
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        analysis = await get_analysis(session, later.id)
        assert (analysis.category, analysis.engine) == ("Printing", "rules")


async def test_what_was_learned_goes_on_under_a_new_name(world: World, worker: Worker) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    await train(world, PAIRS[:200])
    judged = await world.open("My badge does not open the door at the gate")
    await worker.run_pending()
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=judged.id, category="badge", by=by)
        fresh = await count_fresh(session, CATEGORY)
    await change(world, "badge", name="Doors and cards")
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        # No example became a new one by it, and none is lost.
        assert await count_fresh(session, CATEGORY) == fresh == 1
        lore = await gather(session, CATEGORY)
        assert len(lore.examples) == 201
        labels = {each.label for each in lore.examples}
        assert "Doors and cards" in labels
        assert "badge" not in labels
        profile = await world.resources.part(Engines).profile(session)
        assert profile.model
        assert "Doors and cards" in profile.model.labels
        quality = await measure_quality(
            session, since=world.resources.clock().replace(year=2020),
            until=world.resources.clock().replace(year=2030), zone="UTC",
        )  # fmt: skip
        assert "badge" not in {each.label for each in quality.labels}
        assert quality.held_out
        assert "Doors and cards" in quality.held_out.labels
        assert "badge" not in quality.held_out.labels
    asked = await world.open("I lost my access card again")
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        analysis = await get_analysis(session, asked.id)
        assert (analysis.engine, analysis.category) == ("classifier", "Doors and cards")

    # A file may still say the old word; what comes of it knows the category by the new one.
    trained = await train(world, PAIRS[200:280])
    assert trained.state == "promoted", trained.reason
    assert trained.new_categories == ()
    assert "badge" not in await names(world)
    async with db.transaction(world.company_id) as session:
        assert await count_fresh(session, CATEGORY) == 0
    await consider_training(world.resources, world.company_id, "count")


async def test_a_shadow_is_judged_by_what_people_said_before_a_new_name(
    world: World, worker: Worker
) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    await train(world, PAIRS[:120])
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        await set_learning_settings(session, LearningSettings(shadow=True), by=by)
    assert (await train(world, PAIRS[:240])).state == "shadow"
    opened = await world.open("My badge does not open the door at home")
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=opened.id, category="badge", by=by)
        before = await find_shadow_report(session)
    assert before
    assert (before.judged, before.right) == (1, 1)
    await change(world, "badge", name="Doors and cards")
    await worker.run_pending()
    async with db.transaction(world.company_id) as session:
        assert await find_shadow_report(session) == before


async def test_a_decision_is_taken_back_in_names_of_today(world: World) -> None:
    opened = await world.open("It prints nothing over the tunnel", category="printer")
    db, by = world.resources.db, world.as_person(world.ana)
    async with db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=opened.id, category="vpn", by=by)
    await change(world, "printer", name="Printing")
    await change(world, "vpn", name="Tunnel")
    async with db.transaction(world.company_id) as session:
        last = await find_last_decision(session, by)
        assert last
        assert last.category == "Tunnel"
        assert await take_back_last(session, by=by) == [opened.id]
    async with db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        assert (ticket.category, ticket.category_by) == ("Printing", "source")


class Interrupted(Engines):
    """Engines that somebody changes the list of categories under, while they think."""

    def __init__(self, world: World, **changes: Any) -> None:
        super().__init__(NoEmbedder())
        self.world, self.changes = world, changes

    async def analyse(self, texts: Sequence[TicketText], profile: Profile) -> list[Findings]:
        found = await super().analyse(texts, profile)
        await change(self.world, "printer", **self.changes)
        return found


@pytest.mark.parametrize(
    ("changes", "category"), [({"name": "Printing"}, "Printing"), ({"is_active": False}, None)]
)
async def test_a_list_that_changes_while_a_ticket_is_read_is_gone_by(
    world: World, changes: dict[str, Any], category: str | None
) -> None:
    opened = await world.open("The printer prints blank pages and its toner is empty")
    parts = {**world.resources.parts, Engines: Interrupted(world, **changes)}
    resources = replace(world.resources, parts=parts)
    await analyse_tickets(resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == category
        analysis = await get_analysis(session, opened.id)
        assert (analysis.category, analysis.need_admin) == (category, category is None)
        assert "printer" not in [name for name, _ in analysis.category_ranking]


async def test_a_new_name_waits_for_a_finding_that_is_being_written(world: World) -> None:
    opened = await world.open("The printer prints blank pages and its toner is empty")
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        profile = await get_profile(session)
        found = analyse(await list_texts(session, [opened.id]), profile, NoEmbedder())
        assert [each.category for each in found] == ["printer"]
        await apply_findings(session, found, profile, by=world.system)
        renaming = asyncio.create_task(change(world, "printer", name="Printing"))
        done, _ = await asyncio.wait({renaming}, timeout=0.5)
        assert not done
    await renaming
    async with db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == "Printing"


async def test_one_out_of_use_is_chosen_by_nobody_and_kept_by_who_has_it(
    world: World, worker: Worker
) -> None:
    opened = await world.open("The printer is out of toner", category="printer")
    await worker.run_pending()
    await change(world, "printer", is_active=False)
    assert "printer" not in await names(world)
    with pytest.raises(UnknownCategory):
        await found(world, "printer")
    later = await world.open("The printer prints blank pages and its toner is empty")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == "printer"
        assert (await get_analysis(session, later.id)).category != "printer"
    await change(world, "printer", is_active=True)
    assert await found(world, "Printer") == "printer"


async def test_a_file_brings_no_category_before_its_version_is_in_use(world: World) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    known = [pair for pair in PAIRS if pair[1] != "badge"]
    before = await names(world)
    trained = await train(world, known[:200])
    assert set(trained.new_categories) == set(await names(world)) - set(before)
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        await set_learning_settings(session, LearningSettings(shadow=True), by=by)
    shadow = await train(world, PAIRS[:300])
    assert (shadow.state, shadow.new_categories) == ("shadow", ()), shadow.reason
    assert "badge" not in await names(world)
    async with db.transaction(world.company_id) as session:
        # What it was taught is learned by others as well.
        assert "badge" in {each.label for each in (await gather(session, CATEGORY)).examples}
        embedder = world.resources.part(Engines).embedder
        await promote_version(session, version=shadow.version, by=by, embedder=embedder)
    assert "badge" in await names(world)


async def test_a_rejected_version_leaves_no_category(world: World) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()
    await train(world, PAIRS[:120])
    before = await names(world)
    wrong = [(text, "spaceships") for text, _ in PAIRS[120:180]]
    trained = await train(world, wrong)
    assert trained.state == "rejected", trained.reason
    assert await names(world) == before
    async with world.resources.db.transaction(world.company_id) as session:
        assert await current_version(session) == 1


async def test_the_api_and_the_page_change_the_list(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    added = await client.post("/api/categories", json={"name": "furniture", "description": "Desks"})
    assert added.status_code == 201, added.text
    path = f"/api/categories/{added.json()['id']}"
    renamed = await client.patch(path, json={"name": "Office furniture"})
    assert renamed.json()["former_names"] == ["furniture"]
    assert (await client.patch(path, json={"name": "vpn"})).status_code == 409
    assert (await client.patch("/api/categories/999999", json={})).status_code == 404
    page = (await client.get("/settings/company")).text
    assert "Office furniture" in page
    assert "Called before: furniture" in page
    form = f"/settings/company/categories/{added.json()['id']}"
    told = await client.post(
        form, data={"category_name": "x", "does": "retire"}, follow_redirects=True
    )
    assert "Office furniture is out of use" in told.text
    listed = (await client.get("/api/categories")).json()
    assert "Office furniture" not in [each["name"] for each in listed]
    every = (await client.get("/api/categories", params={"retired": True})).json()
    assert [each["is_active"] for each in every if each["name"] == "Office furniture"] == [False]
    taken = await client.post(
        "/settings/company/categories", data={"category_name": "VPN"}, follow_redirects=True
    )
    assert "There is a category vpn already" in taken.text
    await world.log_in(client, world.ana)
    assert (await client.post("/api/categories", json={"name": "x"})).status_code == 403
