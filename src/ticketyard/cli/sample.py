"""Load the sample company: its people, ten days of help-desk tickets, and today's letters.

The days are played through the same readers, verbs, triage and routing as real ones, with the
clock set back: nothing is written past them.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import orjson
from rich.progress import Progress

from ticketyard.cli import sample_alerts
from ticketyard.cli.runtime import console
from ticketyard.cli.sample_mail import SampleMailbox
from ticketyard.core.auth import Principal
from ticketyard.core.clock import utc_now
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.importing import start_import
from ticketyard.intake.receiving import RawMessage, receive
from ticketyard.intake.sources.unified import READERS, source_named
from ticketyard.people.accounts import add_person, set_password
from ticketyard.people.companies import change_company, found_company
from ticketyard.people.logging_in import principal_of
from ticketyard.people.models import Person
from ticketyard.people.queries import get_person, list_agents
from ticketyard.people.teams import add_team, add_team_member
from ticketyard.samples import reading as sample
from ticketyard.tickets.assigning import release_ticket
from ticketyard.tickets.categorizing import IT_CATEGORIES, add_categories
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.queries import get_ticket

SLUG = "tobylgy"
LETTERS_HOURS_AGO = 20
STATUS_AFTER = {
    "start": "in_progress",
    "reopen": "in_progress",
    "wait": "pending",
    "dismiss": "false_positive",
    "resolve": "resolved",
    "close": "closed",
}
_ROLES = {sample.OFFICES: "offices", sample.MANAGERS: "managers", sample.LETTERS: "tickets"}


@dataclass
class SampleCompany:
    """The sample while it is being played."""

    resources: Resources
    worker: Worker
    company_id: int
    admin: Principal
    now: datetime
    mailbox: SampleMailbox
    order: "count[int]" = field(default_factory=count)

    def at(self, moment: datetime) -> None:
        """Set the clock."""
        self.resources.db.clock = lambda: moment


def log_ins() -> list[tuple[str, str, str]]:
    """Role, address and password of everybody who may log in to the sample."""
    company = sample.get_company()
    return [(each.role, each.email, company.password) for each in company.logins]


async def load_sample(resources: Resources, worker: Worker) -> None:
    """Make the company and play its days; takes some seconds."""
    about = sample.get_company()
    now = utc_now()
    resources.db.clock = lambda: now - timedelta(days=11)
    try:
        company = await _found(resources, worker, about, now)
        with Progress(console=console, transient=True) as progress:
            days = progress.add_task("Playing ten days of the sample company", total=None)
            company.at(now - timedelta(days=11))
            await _import_people(company)
            await _give_log_ins(company, about)
            await sample_alerts.settle_cameras(resources, company.admin)
            await _play(company, sample.list_desk_tickets(), lambda: progress.advance(days))
            company.at(now)
            await sample_alerts.watch_tickets(resources, company.admin, about.time_zone)
    finally:
        resources.db.clock = utc_now


async def _found(
    resources: Resources, worker: Worker, about: sample.Company, now: datetime
) -> SampleCompany:
    company_id = await found_company(
        resources.db,
        name=about.latin_name,
        slug=SLUG,
        locale="en",
        timezone=about.time_zone,
        languages=["ru", "kk", "en"],
    )
    system = Principal.system(company_id, "Sample")
    async with resources.db.transaction(company_id) as session:
        await add_categories(session, (*about.letter_categories, *IT_CATEGORIES))
        await change_company(session, by=system, auto_assign=True)
        (first,) = [each for each in about.logins if each.role == "admin"]
        admin = await add_person(
            session,
            name=first.name,
            email=first.email,
            role="admin",
            password=about.password,
            by=system,
        )
    mailbox = await SampleMailbox.add(resources, company_id)
    return SampleCompany(resources, worker, company_id, principal_of(admin), now, mailbox)


async def _import_people(company: SampleCompany) -> None:
    """The offices and managers, as an upload without letters."""
    await _import(company, [sample.OFFICES, sample.MANAGERS])


async def _import(company: SampleCompany, names: list[str]) -> None:
    files = [(_ROLES[name], name, sample.read_bytes(name), "text/csv") for name in names]
    if sample.LETTERS in names:
        files += [
            ("attachment", name, content, "image/png")
            for name, content in sample.list_attachments().items()
        ]
    await start_import(company.resources, files=files, by=company.admin)
    await company.worker.run_listeners(company.company_id)


async def _give_log_ins(company: SampleCompany, about: sample.Company) -> None:
    async with company.resources.db.transaction(company.company_id) as session:
        agents = {(each.name, each.office_name): each.id for each in await list_agents(session)}
        for each in about.logins:
            if each.manager is not None:
                person = await get_person(session, agents[each.manager.name, each.manager.office])
                person.email = each.email
                await set_password(
                    session, person_id=person.id, password=about.password, by=company.admin
                )
            elif each.role == "requester":
                await add_person(
                    session,
                    name=each.name,
                    email=each.email,
                    role="requester",
                    password=about.password,
                    by=company.admin,
                )
        for team in about.teams:
            made = await add_team(
                session, name=team.name, category=team.category, description=team.description
            )
            for member in team.members:
                await add_team_member(
                    session, team_id=made.id, person_id=agents[member.name, member.office]
                )


@dataclass(order=True)
class _Due:
    """Something that happens at a moment: a ticket arrives, a step is taken, letters come in, a
    machine reports, a window begins."""

    at: datetime
    ordinal: int
    arrives: sample.DeskTicket | None = field(default=None, compare=False)
    ticket_id: int | None = field(default=None, compare=False)
    step: sample.Step | None = field(default=None, compare=False)
    alarm: sample_alerts.Report | None = field(default=None, compare=False)
    is_window: bool = field(default=False, compare=False)


async def _play(
    company: SampleCompany, tickets: list[sample.DeskTicket], advance: Callable[[], None]
) -> None:
    due = [
        _Due(company.now - timedelta(hours=each.hours_ago), next(company.order), arrives=each)
        for each in tickets
    ]
    letters_at = company.now - timedelta(hours=LETTERS_HOURS_AGO)
    due.append(_Due(letters_at, next(company.order)))
    for each in sample_alerts.REPORTS:
        at = company.now - timedelta(hours=each.hours_ago)
        due.append(_Due(at, next(company.order), alarm=each))
    begins_at = company.now - timedelta(hours=sample_alerts.WINDOW_HOURS_AGO)
    due.append(_Due(begins_at, next(company.order), is_window=True))
    heapq.heapify(due)
    while due:
        happening = heapq.heappop(due)
        if happening.at > company.now:
            continue
        company.at(happening.at)
        if happening.arrives is not None:
            ticket_id = await _arrive(company, happening.arrives)
            for step in happening.arrives.then:
                at = happening.at + timedelta(hours=step.hours_after)
                heapq.heappush(due, _Due(at, next(company.order), None, ticket_id, step))
        elif happening.step is not None and happening.ticket_id is not None:
            await _take_step(company, happening.ticket_id, happening.step)
        elif happening.alarm is not None:
            await sample_alerts.tell_alarm(company.resources, happening.alarm, company.admin)
            await company.worker.run_listeners(company.company_id)
        elif happening.is_window:
            await sample_alerts.begin_window(company.resources, company.admin)
        else:
            await _import(company, [sample.OFFICES, sample.MANAGERS, sample.LETTERS])
        advance()


async def _arrive(company: SampleCompany, ticket: sample.DeskTicket) -> int:
    mail = ticket.body.get("email_data")
    if isinstance(mail, dict) and not mail["attachments"]:
        ticket_id = await company.mailbox.deliver(mail)
        await company.worker.run_listeners(company.company_id)
        return ticket_id
    if ticket.endpoint.removeprefix("/api/tickets").strip("/") == "":
        ticket_id = await sample_alerts.tell_alert(company.resources, ticket.body, company.admin)
        await company.worker.run_listeners(company.company_id)
        return ticket_id
    arrival = _read(ticket)
    arrival = replace(arrival, ticket=replace(arrival.ticket, created_at=company.resources.clock()))
    raw = RawMessage(content=orjson.dumps(ticket.body))
    received = await receive(company.resources, arrival, message=raw, by=company.admin)
    await company.worker.run_listeners(company.company_id)
    return received.ticket_id


def _read(ticket: sample.DeskTicket) -> Arrival:
    """What the ticket's endpoint would make of its body."""
    body = ticket.body
    name = ticket.endpoint.removeprefix("/api/tickets").strip("/")
    if name == "unified":
        return READERS[source_named(str(body["source"]))](body["data"], "")
    source = source_named(name)
    inner = {"glpi": "ticket_data", "solman": "ticket_data", "email": "email_data"}.get(source)
    return READERS[source](body[inner] if inner else body, "")


async def _take_step(company: SampleCompany, ticket_id: int, step: sample.Step) -> None:
    by_mail = None
    async with company.resources.db.transaction(company.company_id) as session:
        ticket = await get_ticket(session, ticket_id)
        who = ticket.requester_id if step.action == "reply" else ticket.assignee_id
        person = await session.get(Person, who) if who else None
        by = principal_of(person) if person else company.admin
        if step.action == "reply" and ticket.id in company.mailbox.first_ids:
            by_mail = ticket
        elif step.action == "release":
            await release_ticket(session, ticket_id=ticket.id, by=by, reason=step.text or None)
        elif step.action in ("comment", "note", "reply"):
            await add_comment(
                session,
                ticket_id=ticket.id,
                body=step.text,
                is_internal=step.action == "note",
                by=by,
            )
        else:
            await change_status(
                session,
                ticket_id=ticket.id,
                status=STATUS_AFTER[step.action],
                resolution=(step.text or None) if step.action == "resolve" else None,
                reason=(step.text or None) if step.action != "resolve" else None,
                by=by,
            )
    if by_mail is not None:
        await company.mailbox.reply(by_mail, step.text)
    await company.worker.run_listeners(company.company_id)
