"""The verbs on a real database against a model of a dozen lines: whatever is done in whatever order."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from tests.conftest import Cluster
from tests.world import World, build_world
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.tickets.assigning import assign_ticket, release_ticket
from ticketyard.tickets.bulk import BulkChange, change_many
from ticketyard.tickets.changing_status import acknowledge_ticket, change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.errors import (
    BadMerge,
    BadSplit,
    IllegalTransition,
    TicketChangedMeanwhile,
    TicketFinished,
    TicketMerged,
)
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.lifecycle import ACTIVE, STATUSES, may_follow
from ticketyard.tickets.models import Comment, StateChange
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.tickets.related.splitting import split_ticket
from ticketyard.wiring import build_resources, open_database


class Desk(RuleBasedStateMachine):
    """One ticket; each rule does something to it and says what must have come of it."""

    runner: ClassVar[asyncio.Runner]
    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.ticket_id = self.runner.run(self.world.open()).id
        self.status = "open"
        self.assignee: int | None = None
        self.version = 1
        self.comments = 0
        self.moves = 1
        self.answered = False
        self.resolved = False
        self.tags: list[str] = []

    def do(self, verb: Callable[..., Awaitable[Any]], **given: Any) -> None:
        async def act() -> None:
            async with self.world.resources.db.transaction(self.world.company_id) as session:
                await verb(session, ticket_id=self.ticket_id, **given)

        self.runner.run(act())

    def refused(self, kind: type[Exception], verb: Callable[..., Any], **given: Any) -> None:
        try:
            self.do(verb, **given)
        except kind:
            return
        raise AssertionError(f"{verb.__name__} should have been refused")

    def move(self, after: str) -> None:
        if after != self.status:
            self.moves += 1
        self.status = after
        self.resolved = self.resolved or after not in ACTIVE

    @rule(status=st.sampled_from(STATUSES))
    def set_status(self, status: str) -> None:
        by = self.world.as_person(self.world.ana)
        if not may_follow(self.status, status):
            self.refused(IllegalTransition, change_status, status=status, by=by)
            return
        self.do(change_status, status=status, by=by)
        if status != self.status:
            self.version += 1
            self.answered = self.answered or self.status == "open"
            self.move(status)

    @rule(who=st.sampled_from(["ana", "bo"]))
    def assign(self, who: str) -> None:
        agent, by = getattr(self.world, who), self.world.as_person(self.world.ana)
        if self.status not in ACTIVE:
            self.refused(TicketFinished, assign_ticket, agent_id=agent.id, by=by)
            return
        self.do(assign_ticket, agent_id=agent.id, by=by)
        if self.assignee != agent.id or self.status == "open":
            self.version += 1
            self.assignee, self.answered = agent.id, True
            self.move("assigned" if self.status == "open" else self.status)

    @rule()
    def release(self) -> None:
        by = self.world.as_person(self.world.bo)
        if self.assignee is not None and self.status not in ACTIVE:
            self.refused(TicketFinished, release_ticket, by=by)
            return
        self.do(release_ticket, by=by)
        if self.assignee is not None:
            self.version += 1
            self.assignee = None
            self.move("open" if self.status == "assigned" else self.status)

    @rule()
    def acknowledge(self) -> None:
        by = self.world.as_person(self.world.bo)
        if self.status not in ("open", "assigned", "in_progress"):
            self.refused(IllegalTransition, acknowledge_ticket, by=by)
            return
        self.do(acknowledge_ticket, by=by)
        if self.status != "in_progress":
            self.version += 1
            self.answered = True
            self.move("in_progress")

    @rule(is_internal=st.booleans())
    def agent_writes(self, is_internal: bool) -> None:
        by = self.world.as_person(self.world.ana)
        self.do(add_comment, body="Looking at it.", is_internal=is_internal, by=by)
        self.version += 1
        self.comments += 1
        self.answered = self.answered or not is_internal

    @rule()
    def requester_writes(self) -> None:
        self.do(add_comment, body="Any news?", by=self.world.as_person(self.world.rita))
        self.version += 1
        self.comments += 1
        if self.status in ("resolved", "closed"):
            self.move("in_progress")
        elif self.status == "false_positive":
            self.move("open")
        elif self.status == "pending":
            self.move("in_progress" if self.assignee else "open")

    @rule(tags=st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
    def tag(self, tags: list[str]) -> None:
        by = self.world.as_person(self.world.ana)
        self.do(change_ticket, changes=Changes.of({"tags": tags}), by=by)
        if tags != self.tags:
            self.version += 1
            self.tags = tags

    @rule(status=st.sampled_from(STATUSES))
    def set_status_of_many(self, status: str) -> None:
        async def act() -> bool:
            async with self.world.resources.db.transaction(self.world.company_id) as session:
                change = BulkChange(status=status)
                by = self.world.as_person(self.world.bo)
                (outcome,) = await change_many(session, [self.ticket_id], change, by=by)
                return outcome.refusal is None

        done = self.runner.run(act())
        assert done == may_follow(self.status, status)
        if done and status != self.status:
            self.version += 1
            self.answered = self.answered or self.status == "open"
            self.move(status)

    @rule()
    def take_another_in(self) -> None:
        by = self.world.as_person(self.world.ana)
        other = self.runner.run(self.world.open()).id
        here, self.ticket_id = self.ticket_id, other
        self.do(add_comment, body="Me too.", by=self.world.as_person(self.world.rita))
        if self.status not in ACTIVE:
            self.refused(BadMerge, merge_tickets, into=here, by=by)
            self.ticket_id = here
            return
        self.do(merge_tickets, into=here, by=by)
        self.ticket_id = here
        self.version += 1
        self.comments += 2

    @rule()
    def merge_into_another(self) -> None:
        """From here on, the model follows the ticket that took this one in."""
        by = self.world.as_person(self.world.ana)
        survivor = self.runner.run(self.world.open()).id
        self.do(merge_tickets, into=survivor, by=by)
        given: dict[str, Any] = {"by": by}
        self.refused(TicketMerged, add_comment, body="Late.", **given)
        self.refused(TicketMerged, change_status, status="in_progress", **given)
        self.refused(TicketMerged, assign_ticket, agent_id=self.world.bo.id, **given)
        self.ticket_id = survivor
        self.status, self.assignee, self.version, self.moves = "open", None, 2, 1
        self.comments += 1
        self.answered = self.resolved = False

    @rule()
    def split_off(self) -> None:
        given: dict[str, Any] = {
            "title": "Another matter",
            "numbers": self.world.resources.part(Numbers),
            "now": self.world.resources.clock(),
            "by": self.world.as_person(self.world.ana),
        }
        ids = self.runner.run(self._comment_ids())
        if not ids:
            self.refused(BadSplit, split_ticket, comment_ids=ids, **given)
            return
        self.do(split_ticket, comment_ids=ids[:1], **given)
        self.comments -= 1
        self.version += 2

    async def _comment_ids(self) -> list[int]:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            mine = Comment.ticket_id == self.ticket_id
            return list(await session.scalars(select(Comment.id).where(mine).order_by(Comment.id)))

    @rule(behind=st.integers(1, 3))
    def save_what_somebody_else_changed(self, behind: int) -> None:
        by, seen = self.world.as_person(self.world.ana), self.version - behind
        given: dict[str, Any] = {"by": by, "version": seen}
        self.refused(TicketChangedMeanwhile, add_comment, body="Late.", **given)
        self.refused(TicketChangedMeanwhile, change_status, status="resolved", **given)
        self.refused(TicketChangedMeanwhile, assign_ticket, agent_id=self.world.ana.id, **given)

    @invariant()
    def the_database_says_the_same(self) -> None:
        self.runner.run(self._compare())

    async def _compare(self) -> None:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            ticket = await get_ticket(session, self.ticket_id)
            found = (ticket.status, ticket.assignee_id, ticket.version, ticket.tags)
            assert found == (self.status, self.assignee, self.version, self.tags)
            assert (ticket.first_response_at is not None) == self.answered
            assert (ticket.resolved_at is not None) == self.resolved
            assert (ticket.closed_at is not None) == (self.status == "closed")

            mine = Comment.ticket_id == self.ticket_id
            assert await session.scalar(select(func.count()).where(mine)) == self.comments
            moves = list(
                await session.scalars(
                    select(StateChange)
                    .where(StateChange.ticket_id == self.ticket_id)
                    .order_by(StateChange.id)
                )
            )
            assert len(moves) == self.moves
            assert moves[-1].to_status == self.status
            pairs = itertools.pairwise(moves)
            assert all(one.to_status == two.from_status for one, two in pairs)
            told = await session.scalar(
                text(
                    "select count(*) from event where company_id = current_company()"
                    " and ticket_id = :id and type = 'ticket.status_changed'"
                ),
                {"id": self.ticket_id},
            )
            assert told == self.moves - 1


def test_the_verbs_keep_to_the_model(cluster: Cluster, settings: Settings, tmp_path: Path) -> None:
    url = cluster.clone()
    with asyncio.Runner() as runner:
        db = open_database(url)
        Desk.runner = runner
        Desk.world = runner.run(
            build_world(build_resources(db, Blobs.on_disk(tmp_path / "blobs"), settings))
        )
        try:
            run_state_machine_as_test(
                Desk,
                settings=hypothesis_settings(
                    max_examples=25,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(db.close())
            cluster.drop(url)
