"""Read kept files in: offices, agents, tickets; a repeated upload changes nothing."""

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.intake.errors import FilesRefused
from ticketyard.intake.events import ImportRequested, ImportStored
from ticketyard.intake.import_runs import (
    ImportFile,
    ImportRun,
    Kind,
    Outcome,
    change_run,
    count_outcomes,
    get_run,
    keep_problems,
    note_tickets,
    start_run,
)
from ticketyard.intake.letters import Letter, attach_to, letters_of_mapping, letters_of_tickets
from ticketyard.intake.sources.csv_mapping import mapped_rows, open_mapped
from ticketyard.intake.sources.csv_problems import Problems
from ticketyard.intake.sources.csv_table import Table
from ticketyard.intake.sources.upload import (
    agent_rows,
    office_rows,
    open_managers,
    open_offices,
    open_tickets_file,
)
from ticketyard.people.companies import change_company
from ticketyard.people.queries import get_company
from ticketyard.people.roster import (
    ListedAgent,
    ListedOffice,
    keep_agents,
    keep_offices,
    office_ids,
)
from ticketyard.tickets.categorizing import DISTRIBUTION_CATEGORIES, add_categories
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import open_tickets
from ticketyard.tickets.queries import category_spellings
from ticketyard.tickets.rereading import NewContent, reread_tickets

BATCH = 2_000
NAME = "Import"
_LOCK = 7_201_126_002
_T = TypeVar("_T")


async def start_import(
    resources: Resources,
    *,
    files: Sequence[tuple[str, str, bytes, str]],
    by: Principal,
    mapping: Mapping[str, str] | None = None,
) -> int:
    """Keep the files (role, name, bytes, content type) and ask for them to be read; gives the run.

    Their headers are read first: files that cannot be understood are refused before anything is
    written. Raises FilesRefused.
    """
    refuse_unreadable({role: (name, data) for role, name, data, _ in files}, mapping)
    kept = [
        ImportFile(
            role,
            name[:300] or role,
            len(data),
            (key := await resources.blobs.put(by.company_id, data)).rpartition("/")[2],
            key,
            content_type,
        )
        for role, name, data, content_type in files
    ]
    async with resources.db.transaction(by.company_id) as session:
        kind: Kind = "mapped" if mapping else "distribution"
        run_id = await start_run(session, kind=kind, files=kept, mapping=mapping, by=by)
        await emit(session, ImportRequested(run_id=run_id), by=by)
    return run_id


def refuse_unreadable(
    files: Mapping[str, tuple[str, bytes]], mapping: Mapping[str, str] | None
) -> None:
    """Raises FilesRefused, naming every fault, when a file cannot be read at all."""
    problems = Problems()
    for role, (name, data) in files.items():
        if role != "attachment":
            open_table(role, name, data, mapping, problems)
    if problems.refused:
        raise FilesRefused(
            "; ".join(str(fault) for fault in problems.refused),
            errors=[
                {"file": p.file, "line": p.line, "column": p.column, "reason": p.reason}
                for p in problems.refused
            ],
        )


def open_table(
    role: str, name: str, data: bytes, mapping: Mapping[str, str] | None, problems: Problems
) -> Table | None:
    """The table of a file by its role; None when it is refused."""
    if mapping:
        return open_mapped(io.BytesIO(data), name, dict(mapping), problems)
    openers = {"offices": open_offices, "managers": open_managers, "tickets": open_tickets_file}
    return openers[role](io.BytesIO(data), name, problems)


@dataclass(slots=True)
class _Content:
    """The bytes of a run's files by role, and the faults found while reading them."""

    run: ImportRun
    data: dict[str, tuple[str, bytes]]
    problems: Problems

    def table(self, role: str) -> Table | None:
        name, data = self.data[role]
        return open_table(role, name, data, self.run.mapping, self.problems)


async def run_import(resources: Resources, company_id: int, run_id: int) -> None:
    """Read a run's files in: offices and agents at once, tickets in batches of two thousand.

    Run again after a crash, it goes on where it was: what is in already is found unchanged.
    """
    async with resources.db.transaction(company_id) as session:
        run = await get_run(session, run_id, lock=True)
        if run.state not in ("waiting", "storing"):
            return
        await change_run(session, run_id, state="storing", rows_done=0)
    data = {
        file.role: (file.filename, await resources.blobs.get(file.blob_key))
        for file in run.files
        if file.role != "attachment"
    }
    content = _Content(run, data, Problems())
    by = Principal.system(company_id, NAME)
    async with resources.db.transaction(company_id) as session:
        await _keep_people(session, content, by)
    rows_total = await asyncio.to_thread(_count_rows, content)
    async with resources.db.transaction(company_id) as session:
        await change_run(session, run_id, rows_total=rows_total)
        categories = await category_spellings(session)
    done = 0
    sent = {file.filename.casefold(): file for file in run.files if file.role == "attachment"}
    for batch in _batches(_letters(content, categories, resources), BATCH):
        async with resources.db.transaction(company_id) as session:
            await _keep_letters(session, run_id, batch, sent, resources, by)
            done += len(batch)
            await change_run(session, run_id, rows_done=done)
    async with resources.db.transaction(company_id) as session:
        for name in _not_named(content, sent):
            content.problems.add(name, None, None, "no ticket names this file", "noted")
        await keep_problems(session, run_id, content.problems)
        # Faulty rows have been dealt with as well.
        done = max(done, rows_total)
        await change_run(session, run_id, state="stored", rows_done=done, stored_at=now_of(session))
        outcomes = await count_outcomes(session, run_id)
        stored = ImportStored(run_id=run_id, **outcomes, problems=len(content.problems))
        await emit(session, stored, by=by)


async def _keep_people(session: AsyncSession, content: _Content, by: Principal) -> None:
    await _one_at_a_time(session)
    if content.run.kind == "distribution":
        await _know_letters(session, by)
    if "offices" in content.data and (table := content.table("offices")):
        listed = [ListedOffice(row.name, row.address) for row in office_rows(table)]
        await keep_offices(session, listed)
        await change_run(session, content.run.id, offices=len(listed))
    if "managers" in content.data and (table := content.table("managers")):
        ids = await office_ids(session)
        agents = []
        for row in agent_rows(table):
            office_id = ids.get(row.office.casefold())
            if office_id is None:
                table.problems.add(
                    table.file, row.line, table.title("office"), "no office has this name"
                )
                continue
            agents.append(ListedAgent(row.name, office_id, row.position, row.skills, row.load))
        await keep_agents(session, agents, by=by)
        await change_run(session, content.run.id, agents=len(agents))


async def _know_letters(session: AsyncSession, by: Principal) -> None:
    """See that triage knows the categories and languages of such letters (decision 44)."""
    await add_categories(session, DISTRIBUTION_CATEGORIES)
    known = (await get_company(session)).languages
    lacking = [language for language in ("ru", "kk", "en") if language not in known]
    if lacking:
        await change_company(session, by=by, languages=[*known, *lacking])


def _letters(
    content: _Content, categories: Mapping[str, str], resources: Resources
) -> Iterator[Letter]:
    if "tickets" not in content.data or (table := content.table("tickets")) is None:
        return iter(())
    if content.run.mapping:
        return letters_of_mapping(table, mapped_rows(table), categories)
    return letters_of_tickets(table, resources.clock().date())


def _count_rows(content: _Content) -> int:
    """How many rows will come, for the progress bar; their faults are noted on the way in."""
    if "tickets" not in content.data:
        return 0
    name, data = content.data["tickets"]
    table = open_table("tickets", name, data, content.run.mapping, Problems())
    return sum(1 for _ in table) if table else 0


async def _keep_letters(
    session: AsyncSession,
    run_id: int,
    letters: Sequence[Letter],
    sent: Mapping[str, ImportFile],
    resources: Resources,
    by: Principal,
) -> None:
    await _one_at_a_time(session)
    known = await _known(session, [letter.reference for letter in letters])
    fresh = [letter for letter in letters if letter.reference not in known]
    opened = await open_tickets(
        session,
        [_new_ticket(letter) for letter in fresh],
        numbers=resources.part(Numbers),
        now=now_of(session),
        by=by,
    )
    ids = {letter.reference: ticket.id for letter, ticket in zip(fresh, opened, strict=True)}
    outcomes: dict[int, Outcome] = {ticket.id: "opened" for ticket in opened}
    changed: list[NewContent] = []
    for letter in letters:
        if letter.reference in known:
            ticket_id, content_hash = known[letter.reference]
            ids[letter.reference] = ticket_id
            outcomes[ticket_id] = "unchanged"
            if content_hash != letter.content_hash:
                outcomes[ticket_id] = "changed"
                changed.append(_new_content(ticket_id, letter))
    await note_tickets(session, run_id, outcomes)
    await reread_tickets(session, changed, by=by)
    for letter in letters:
        if letter.attachments:
            await attach_to(session, ids[letter.reference], letter.attachments, sent, by=by)


def _new_ticket(letter: Letter) -> NewTicket:
    return NewTicket(
        source="csv",
        source_reference=letter.reference,
        title=letter.title,
        description=letter.description,
        segment=letter.segment,
        address=letter.address,
        client=letter.client,
        source_data=letter.source_data,
        category=letter.category,
        source_category=letter.source_category,
        priority=letter.priority,
        source_priority=letter.source_priority,
        requester_name=letter.requester_name,
        requester_email=letter.requester_email,
        tags=letter.tags,
    )


def _new_content(ticket_id: int, letter: Letter) -> NewContent:
    return NewContent(
        ticket_id=ticket_id,
        title=letter.title,
        description=letter.description,
        segment=letter.segment,
        address=letter.address,
        client=letter.client,
        source_data=letter.source_data,
    )


async def _known(
    session: AsyncSession, references: Sequence[str]
) -> dict[str, tuple[int, str | None]]:
    rows = await session.execute(_KNOWN, {"references": list(references)})
    return {row.source_reference: (row.id, row.content_hash) for row in rows}


async def _one_at_a_time(session: AsyncSession) -> None:
    """Two imports of a company that bring the same ticket at once wait for each other."""
    await session.execute(
        text("select pg_advisory_xact_lock(:lock + :company)"),
        {"lock": _LOCK, "company": company_of(session)},
    )


def _not_named(content: _Content, sent: Mapping[str, ImportFile]) -> list[str]:
    if not sent or (table := content.table("tickets")) is None:
        return []
    table.problems = Problems()
    named = {
        name.casefold()
        for row in table
        for name in row.cells.get("attachments", "").replace(";", ",").split(",")
    }
    named = {name.strip().replace("\\", "/").rpartition("/")[2] for name in named}
    return [file.filename for key, file in sent.items() if key not in named]


def _batches(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while batch := list(islice(items, size)):
        yield batch


_KNOWN = text(
    "select id, source_reference, source_data ->> 'content_hash' as content_hash from ticket "
    "where company_id = current_company() and source = 'csv' "
    "and source_reference = any(cast(:references as text[]))"
)
