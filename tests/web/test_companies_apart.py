"""Promise 7, on every route: what is one company's, nobody of another one sees, changes or counts.

One object of every kind is made in North. Then each route of the program is called as South's admin,
by session and by key, with North's ids in its path and body. A route whose path or form holds a name
that is not in the lists below fails the test: say there what North has of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text

from tests.conftest import Cluster
from tests.mailboxes.post import deliver, mail
from tests.world import World
from ticketyard.core.auth import PERMISSIONS, Principal
from ticketyard.core.sealing import Sealer
from ticketyard.escalation.changing import add_shift, save_rota
from ticketyard.escalation.changing import save_policy as save_escalation
from ticketyard.escalation.drafts import Action, Level
from ticketyard.escalation.drafts import PolicyDraft as EscalationDraft
from ticketyard.insights.reports.schedules import ScheduleDraft, save_schedule
from ticketyard.knowledge.chatbot.keeping import open_chat
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.uploading import Upload, take_file
from ticketyard.knowledge.writing import add_article
from ticketyard.mailboxes.boxes.changing import add_mailbox
from ticketyard.mailboxes.boxes.draft import MailboxDraft, MailboxSecret
from ticketyard.people.accounts import add_person
from ticketyard.people.keys import create_key
from ticketyard.people.logging_in import start_session
from ticketyard.people.models import Person
from ticketyard.people.teams import add_team, add_team_member
from ticketyard.sla.changing import add_calendar, add_policy
from ticketyard.sla.drafts import CalendarDraft, PolicyDraft
from ticketyard.tickets.attaching import attach_files, keep_file
from ticketyard.tickets.categorizing import add_category
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.fields.defining import add_field
from ticketyard.tickets.ready.keeping import save_macro, save_template
from ticketyard.tickets.related.linking import link_tickets
from ticketyard.tickets.steps.setting import set_steps
from ticketyard.tickets.viewing import save_view
from ticketyard.web.api import ROUTERS as API_ROUTERS
from ticketyard.web.deps import COOKIE, access_of
from ticketyard.web.pages import ROUTERS as PAGE_ROUTERS

if TYPE_CHECKING:
    from tests.web.conftest import Furnished

CANARY = "canary7d1f"

# An endless answer; who is told what is tested with the page that listens (test_pages.py).
ENDLESS = frozenset({"/live"})
# Names in a path that are open by nature: a company's public form is for the public, and a token is
# itself the proof; a template's name is the same for everybody.
OPEN = {
    "act": "off",
    "company": "south",
    "rest": "conversations",
    "token": "no-such-token",
    "email_address": "rita@example.com",
    "template_name": "acknowledgement",
    "action_name": "password_reset",
    "locale": "en",
}
# What a form is filled in with; names that are in `objects` get North's id.
FIELDS: Mapping[str, str] = {
    "key": "of-one-press",
    "given": "rita@example.com",
    "draft": "used",
    "per_requester_per_day": "3",
    "is_enabled": "true",
    "new_secret": "true",
    "state": "archived",
    "accent": "#1e4e9e",
    "greeting": "Hello",
    "is_on": "1",
    "origins": "https://www.example.com",
    "privacy_note": "",
    "fingerprint_fields": "camera_id",
    "group_by": "labels.cluster",
    "group_seconds": "5m",
    "recovery_resolves": "1",
    "reopen_seconds": "10m",
    "flap_start": "8",
    "flap_stop": "2",
    "flap_seconds": "15m",
    "storm_alerts": "1000",
    "storm_seconds": "1m",
    "recipients": "lead@example.com",
    "every": "week",
    "hour": "7",
    "counted_by": "team",
    "severity_min": "high",
    "priorities": "high",
    "whom": "admins",
    "give": "0",
    "higher": "0",
    "call": "0",
    "place": "1",
    "phone": "+49 30 1234",
    "content_type": "application/json",
    "since": "2026-01-05T00:00:00Z",
    "people": "1",
    "starts_on": "2026-01-05",
    "person": "1",
    "starts_at": "2026-12-24T10:00",
    "ends_at": "2026-12-27T10:00",
    "typed": "vpn",
    "category_name": "Furniture",
    "does": "save",
    "url": "https://hooks.example.com/x",
    "only_failed": "true",
    "kinds": "assigned",
    "header_value": "",
    "header_name": "",
    "events": "ticket.*",
    "choice": "assigned.email",
    "body_template": "",
    "age": "day",
    "agents_publish": "1",
    "helpful": "yes",
    "publication": "draft",
    "visibility": "internal",
    "action": "status",
    "agent": "1",
    "asset_tag": "PC-17",
    "assignee": "",
    "back": "/queue",
    "base_load": "3",
    "because": "no reason",
    "reason": "It took printers for scanners.",
    "body": "Hello",
    "category": "network",
    "close": "",
    "choices": "",
    "comment": "On its way.",
    "company": "south",
    "customer": "7",
    "definition": "",
    "description": "Something is broken.",
    "email": "new@example.com",
    "enabled": "1",
    "field_name": "Floor",
    "field_value": "3",
    "file_under": "network",
    "help_text": "Of the building",
    "is_active": "1",
    "is_available": "true",
    "is_internal": "",
    "is_required": "",
    "kind": "public",
    "label_column": "category",
    "level": "high",
    "link": "blocks 1",
    "location": "Room 4",
    "mail": "1",
    "minutes": "5",
    "name": "New",
    "new": "1",
    "next": "/",
    "number": "TKT-20251215-001",
    "office": "",
    "on": "true",
    "on_form": "",
    "once": "0123456789abcdef",
    "order": "5",
    "password": "a long enough password",
    "position": "Lead",
    "present_password": "a long enough password",
    "pick": "1.1",
    "example": "1",
    "decision": "drop",
    "max_error": "3",
    "shadow": "",
    "language_model": "off",
    "anyway": "",
    "field": "category",
    "team": "1",
    "priority": "high",
    "provider": "",
    "query": "status=open",
    "requester_email": "",
    "requester_name": "Cy",
    "role": "agent",
    "skills": "VIP",
    "stands_for": "open",
    "source": "glpi",
    "status": "resolved",
    "step": "create_ticket",
    "subject": "Hello",
    "switch": "auto_assign",
    "tag": "printer",
    "tags": "printer",
    "text_column": "text",
    "theme": "dark",
    "then": "stay",
    "threshold": "0.7",
    "title": "Something",
    "to": "",
    "trigger": "billing",
    "untags": "",
    "value": "3",
    "version": "1",
    "was": "",
    "website": "",
    "words": "vip",
    "active": "1",
    "always": "1",
    "country": "DE",
    "days": "",
    "hours": "09:00-17:00",
    "organization": "acme",
    "pause": "pending",
    "priority_in": "high",
    "severity_in": "high",
    "subdivision": "",
    "target": "4h",
    "warn": "75",
    "zone": "UTC",
}


@dataclass(frozen=True)
class Call:
    """One request to one route."""

    method: str
    route: APIRoute
    path: str
    request: dict[str, Any]

    @property
    def is_public(self) -> bool:
        return access_of(list(self.route.dependencies))[0].permission is None

    @property
    def names_north(self) -> bool:
        return bool(set(_names(self.route.path)) - set(OPEN))

    def __str__(self) -> str:
        return f"{self.method} {self.route.path}"


def _names(path: str) -> list[str]:
    return re.findall(r"{(\w+)(?::\w+)?}", path)


async def furnish(world: World) -> dict[str, str]:
    """Make one of everything in North, all bearing the canary; gives the ids by their names."""
    opened = await world.open(
        f"{CANARY} printer",
        description=f"{CANARY} smoke",
        requester_name=f"{CANARY} Rita",
        tags=(CANARY,),
        source_reference=f"{CANARY}-1",
    )
    linked = await world.open(f"{CANARY} other")
    by = world.as_person(world.admin)
    resources = world.resources
    blob = await keep_file(
        resources.blobs, world.company_id, filename=f"{CANARY}.txt", content=CANARY.encode()
    )
    sent, _ = await take_file(
        resources,
        Upload(f"{CANARY}.txt", "text", BytesIO(f"{CANARY} guide".encode())),
        max_bytes=1_000,
        by=by,
    )
    async with resources.db.transaction(world.company_id) as session:
        article = await add_article(
            session, draft=ArticleDraft(f"{CANARY} article", f"{CANARY} words"), by=by
        )
        person = await add_person(
            session, name=f"{CANARY} Cy", email=f"{CANARY}@example.com", role="agent", by=by
        )
        team = await add_team(session, name=f"{CANARY} team")
        await add_team_member(session, team_id=team.id, person_id=person.id)
        key, _ = await create_key(session, name=f"{CANARY} key", by=by)
        comment = await add_comment(
            session, ticket_id=opened.id, body=f"{CANARY} note", is_internal=True, by=by
        )
        (attachment,) = await attach_files(session, ticket_id=opened.id, files=[blob], by=by)
        view = await save_view(session, name=f"{CANARY} view", query={"status": "open"}, by=by)
        message_id = await session.scalar(
            text(
                "insert into inbound_message (company_id, source, identity, sha256, raw, state,"
                " problem) values (current_company(), 'glpi', :it, 'x', convert_to(cast(:it as text), 'UTF8'),"
                " 'needs_look', :it) returning id"
            ),
            {"it": CANARY},
        )
        workflow_id = await session.scalar(
            text(
                "insert into email_workflows (company_id, name, classification_trigger, workflow_steps)"
                " values (current_company(), :it, 'billing', '[{\"action\": \"create_ticket\"}]')"
                " returning id"
            ),
            {"it": CANARY},
        )
        field = await add_field(session, name=f"{CANARY} field", kind="text", on_form=False, by=by)
        category = await add_category(session, name=f"{CANARY} category", by=by)
        macro = await save_macro(
            session,
            given={"name": f"{CANARY} macro", "actions": {"comment": f"{CANARY} answer"}},
            by=by,
        )
        template = await save_template(
            session, given={"name": f"{CANARY} template", "title": f"{CANARY} title"}, by=by
        )
        steps = [(f"{CANARY} new", "open"), (f"{CANARY} done", "resolved")]
        await set_steps(session, steps=steps, by=by)
        await link_tickets(session, ticket_id=opened.id, other=linked.id, kind="blocks", by=by)
        calendar = await add_calendar(
            session, draft=CalendarDraft(name=f"{CANARY} calendar", always=True), by=by
        )
        draft = PolicyDraft(name=f"{CANARY} policy", calendar_id=calendar.id, category="vpn")
        policy = await add_policy(session, draft=draft, by=by)
        office_id = await session.scalar(
            text(
                "insert into office (company_id, name, address)"
                " values (current_company(), :it, :it) returning id"
            ),
            {"it": CANARY},
        )
        outgoing_id = await session.scalar(
            text(
                "insert into outgoing_mail (company_id, ticket_id, kind, message_id, sender_email,"
                " recipients, subject, body_text, state) values (current_company(), :ticket, 'reply',"
                " :it, :it, jsonb_build_array(jsonb_build_object('email', cast(:it as text))), :it,"
                " :it, 'failed') returning id"
            ),
            {"it": CANARY, "ticket": opened.id},
        )
        alert_id = await session.scalar(
            text(
                "select insert_alert(jsonb_build_object('ticket_id', cast(:ticket as bigint),"
                " 'provider_id', cast(:it as text), 'fingerprint', cast(:it as text),"
                " 'title', cast(:it as text)))"
            ),
            {"it": CANARY, "ticket": opened.id},
        )
        made = {}
        for table, columns, values in (
            ("alert_provider", "provider_id", ":it"),
            ("alert_maintenance", "name, starts_at, ends_at", ":it, now(), now() + interval '1 h'"),
            ("alert_heartbeat", "name, every_seconds", ":it, 60"),
            ("alert_mapping", "name, definition", ':it, \'{"provider_id": "p", "title": "t"}\''),
        ):
            made[table] = await session.scalar(
                text(
                    f"insert into {table} (company_id, {columns})"
                    f" values (current_company(), {values}) returning id"
                ),
                {"it": CANARY},
            )
        watched = await save_escalation(
            session,
            EscalationDraft(
                name=f"{CANARY} watch",
                levels=(Level(wait_seconds=60, actions=(Action(do="notify", to="admins"),)),),
            ),
        )
        rota = await save_rota(
            session, name=f"{CANARY} rota", zone="UTC", people=[person.id],
            starts_on=date(2026, 1, 5), hands_over_at=0, days=7,
        )  # fmt: skip
        now = resources.clock()
        shift = await add_shift(
            session, rota_id=rota.id, person_id=person.id, starts_at=now,
            ends_at=now + timedelta(days=1),
        )  # fmt: skip
        schedule = await save_schedule(
            session,
            ScheduleDraft(
                name=f"{CANARY} report", counted_by="none", every="week", hour=7,
                recipients=(f"{CANARY}@example.com",),
            ),
            by=by,
        )  # fmt: skip
        endpoint_id = await session.scalar(
            text(
                "insert into webhook_endpoint (company_id, name, url, event_types, secret)"
                " values (current_company(), :it, 'http://127.0.0.1:1/' || :it, '{ticket.*}', :it)"
                " returning id"
            ),
            {"it": CANARY},
        )
        delivery_id = await session.scalar(
            text(
                "insert into webhook_delivery (company_id, endpoint_id, event_type, state, reason)"
                " values (current_company(), :endpoint, 'webhook.test', 'failed', :it) returning id"
            ),
            {"it": CANARY, "endpoint": endpoint_id},
        )
        solution_id = await session.scalar(
            text(
                "insert into solution (company_id, title, category, kind, description, state)"
                " values (current_company(), :it, 'vpn', 'manual_steps', :it, 'active') returning id"
            ),
            {"it": CANARY},
        )
        await session.execute(
            text(
                "insert into action_endpoint (company_id, action, url, secret)"
                " values (current_company(), 'password_reset', 'http://127.0.0.1:1/' || :it, :it)"
            ),
            {"it": CANARY},
        )
        await session.execute(
            text(
                "insert into action_run (company_id, ticket_id, action, idempotency_key, state,"
                " message, asked_by) values (current_company(), :ticket, 'password_reset', 'x',"
                " 'failed', :it, :it)"
            ),
            {"it": CANARY, "ticket": opened.id},
        )
        chat = await open_chat(session, language="en", page=CANARY)
        await session.execute(
            text(
                "insert into chat_message (company_id, conversation_id, role, content)"
                " values (current_company(), :chat, 'requester', :it)"
            ),
            {"it": CANARY, "chat": chat.conversation_id},
        )
        gap_id = await session.scalar(
            text(
                "insert into knowledge_gap (company_id, title, first_asked_at, last_asked_at)"
                " values (current_company(), :it, now(), now()) returning id"
            ),
            {"it": CANARY},
        )
        await session.execute(
            text(
                "insert into unanswered_question (company_id, origin, asker, question, language,"
                " is_public, asked_at, gap_id) values (current_company(), 'search', :it, :it, 'en',"
                " true, now(), :gap)"
            ),
            {"it": CANARY, "gap": gap_id},
        )
        target_id = await session.scalar(
            text(
                "insert into notification_target (company_id, kind, name, host, secret)"
                " values (current_company(), 'slack', :it, :it, :it) returning id"
            ),
            {"it": CANARY},
        )
        notification_id = await session.scalar(
            text(
                "insert into notification (company_id, person_id, kind, words, by_name)"
                " values (current_company(), :person, 'assigned', :it, :it) returning id"
            ),
            {"it": CANARY, "person": person.id},
        )
        await session.execute(
            text(
                "insert into notification_log (company_id, target_id, channel, template, lines,"
                " status, error_message) values (current_company(), :target, 'slack', 'test',"
                " jsonb_build_array(jsonb_build_object('kind', 'test', 'words', cast(:it as text))),"
                " 'failed', :it)"
            ),
            {"it": CANARY, "target": target_id},
        )
        run_id = await session.scalar(
            text(
                "insert into import_run (company_id, kind, state, by_kind, by_name)"
                " values (current_company(), 'distribution', 'done', 'person', :it) returning id"
            ),
            {"it": CANARY},
        )
        mailbox = await add_mailbox(
            session,
            MailboxDraft(
                address=f"{CANARY}@desk.example",
                imap_server="127.0.0.1",
                imap_port=1,
                username=CANARY,
                secret=MailboxSecret(password=CANARY),
            ),
            sealer=resources.part(Sealer),
            by=by,
        )
    # On the ticket, so that it is found below it as well.
    reply = mail(
        f"{CANARY} by mail", sender="rita@example.com", subject=f"[{opened.number}] {CANARY}"
    )
    await deliver(world, reply, mailbox.id)
    async with resources.db.transaction(world.company_id) as session:
        mail_id = await session.scalar(text("select max(inbound_id) from mail_message"))
        example_id = await session.scalar(
            text(
                "insert into example_aside (company_id, field, digest, content, label, reason, run_id,"
                " by_kind, by_name, set_aside_at) values (current_company(), 'category', 'x', :it, :it,"
                " :it, 1, 'person', :it, now()) returning id"
            ),
            {"it": CANARY},
        )
        await session.execute(
            text(
                "insert into triage_model (company_id, field, version, model, labels, examples,"
                " embedder, metrics, origin, trained_by) values (current_company(), 'category', 7, '',"
                " array[cast(:it as text)], 1, :it, '{}', 'csv', :it)"
            ),
            {"it": CANARY},
        )
        await session.execute(
            text(
                "insert into training_run (company_id, field, cause, state, reason, by_kind, by_name)"
                " values (current_company(), 'category', 'asked', 'refused', :it, 'person', :it)"
            ),
            {"it": CANARY},
        )
    return {
        "example_id": str(example_id),
        "model_version": "7",
        "escalation_id": str(watched.id),
        "rota_id": str(rota.id),
        "shift_id": str(shift.id),
        "schedule_id": str(schedule.id),
        "mailbox_id": str(mailbox.id),
        "mail_id": str(mail_id),
        "inbound_id": str(mail_id),
        "file_id": str(sent.file_id),
        "article_id": str(article.file_id),
        "gap_id": str(gap_id),
        "ticket_id": str(opened.id),
        "ticket": str(opened.id),
        "person_id": str(person.id),
        "agent_id": str(person.id),
        "assigned_to": str(person.id),
        "assigned_to_user_id": str(person.id),
        "team_id": str(team.id),
        "key_id": str(key.id),
        "comment_id": str(comment.id),
        "attachment_id": str(attachment.id),
        "view_id": str(view.id),
        "message_id": str(message_id),
        "workflow_id": str(workflow_id),
        "office_id": str(office_id),
        "field_id": str(field.id),
        "category_id": str(category.id),
        "macro_id": str(macro.id),
        "template_id": str(template.id),
        "template": str(template.id),
        "other": str(linked.id),
        "into": str(linked.id),
        "alert_id": str(alert_id),
        "provider_id": CANARY,
        "sender_id": str(made["alert_provider"]),
        "window_id": str(made["alert_maintenance"]),
        "heartbeat_id": str(made["alert_heartbeat"]),
        "mapping_id": str(made["alert_mapping"]),
        "mapping_name": CANARY,
        "calendar_id": str(calendar.id),
        "calendar": str(calendar.id),
        "policy_id": str(policy.id),
        "webhook_id": str(endpoint_id),
        "delivery_id": str(delivery_id),
        "target_id": str(target_id),
        "solution_id": str(solution_id),
        "notification_id": str(notification_id),
        "outgoing_id": str(outgoing_id),
        "run_id": str(run_id),
        "import_id": str(run_id),
        "conversation_id": str(chat.conversation_id),
    }


def calls(app: FastAPI, objects: Mapping[str, str]) -> Iterator[Call]:
    """Each route once, with North's ids wherever one is asked for."""
    described = app.openapi()
    for router in (*API_ROUTERS, *PAGE_ROUTERS):
        for route in router.routes:
            if not isinstance(route, APIRoute) or route.path in ENDLESS:
                continue
            for method in sorted(route.methods or ()):
                path = re.sub(
                    r"{(\w+)(?::\w+)?}", lambda name: {**objects, **OPEN}[name[1]], route.path
                )
                yield Call(method, route, path, _body(described, method, route, objects))


def _body(
    described: dict[str, Any], method: str, route: APIRoute, objects: Mapping[str, str]
) -> dict[str, Any]:
    operation = described["paths"].get(route.path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return {"json": _with_ids(_example(content["application/json"], described), objects)}
    fields = [each for each in route.dependant.body_params]
    if not fields and "multipart/form-data" in content:
        shape = _resolved(content["multipart/form-data"]["schema"], described)
        return {"data": {name: FIELDS[name] for name in shape.get("required", ())}}
    given = {**FIELDS, **objects}
    data = {each.alias: given[each.alias] for each in fields if _kind(each) == "Form"}
    files = {
        each.alias: ("a.csv", b"text,category\nx,network\n")
        for each in fields
        if _kind(each) == "File"
    }
    return {"data": data, **({"files": files} if files else {})} if fields else {}


def _kind(field: Any) -> str:
    return type(field.field_info).__name__


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return described["components"]["schemas"][name] if name else schema


def _example(content: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """The body as the API's own description shows it, or what each field shows."""
    schema = _resolved(content["schema"], described)
    if "example" in content:
        return dict(content["example"])
    if "examples" in content:
        return dict(next(iter(content["examples"].values()))["value"])
    if "examples" in schema:
        return dict(schema["examples"][0])
    return {
        name: each["examples"][0]
        for name, each in schema["properties"].items()
        if "examples" in each
    }


def _with_ids(example: dict[str, Any], objects: Mapping[str, str]) -> dict[str, Any]:
    changed = {
        name: int(objects[name]) if objects[name].isdigit() else objects[name]
        for name in example
        if name in objects
    }
    several = {f"{name}s": [int(objects[name])] for name in objects if f"{name}s" in example}
    return {**example, **changed, **several}


@pytest.fixture
def template(furnished: "Furnished", tmp_path: Path) -> str:
    furnished.copy_files(tmp_path)
    return furnished.template


@pytest.fixture
def objects(furnished: "Furnished") -> dict[str, str]:
    """What North has, triaged and routed."""
    return dict(furnished.objects)


class Books:
    """Every row of North's that anything is done to, told by triggers of a superuser: they see what the
    program may not, and what is changed and changed back."""

    # What anybody may leave a mark on by asking, without being let in.
    SHIFTING = frozenset({"login_failure", "login_session"})

    def __init__(self, url: str, company_id: int) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(_KEEP_BOOKS.format(company_id=company_id))
        for (table,) in self._connection.execute(_TABLES).fetchall():
            if table not in self.SHIFTING:
                self._connection.execute(_WATCH.format(table=table))

    def changed(self) -> set[str]:
        """The tables with rows of North's that something was done to since this was last asked."""
        rows = self._connection.execute("delete from books returning changed").fetchall()
        return {table for (table,) in rows}

    def close(self) -> None:
        self._connection.close()


_TABLES = """
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attname = 'company_id' and not a.attisdropped order by 1
"""
_KEEP_BOOKS = """
    create table books (changed text);
    create function keep_books() returns trigger language plpgsql security definer as $$
    begin
        if old.company_id = {company_id} or new.company_id = {company_id} then
            insert into public.books values (tg_table_name);
        end if;
        return null;
    end $$
"""
_WATCH = """
    create trigger zz_books after insert or update or delete on {table}
    for each row execute function keep_books()
"""


@pytest.fixture
def books(cluster: Cluster, database_url: str, world: World) -> Iterator[Books]:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    opened = Books(cluster.postgres.url(str(name), "postgres"), world.company_id)
    yield opened
    opened.close()


async def test_the_books_tell_what_is_done_to_north_alone(world: World, books: Books) -> None:
    for company_id, told in ((world.other_company_id, set()), (world.company_id, {"team"})):
        async with world.resources.db.transaction(company_id) as session:
            await session.execute(text("update team set name = name"))
        assert books.changed() == told
    assert not books.changed()


async def logged_in(world: World, person: Person) -> dict[str, Any]:
    """Cookie and token of a fresh session: a call may end one."""
    async with world.resources.db.transaction(person.company_id) as session:
        fresh = await start_session(session, person, now=world.resources.clock(), hours=12)
    return {"cookies": {COOKIE: fresh.token}, "headers": {"x-csrf-token": fresh.csrf_token}}


async def send(client: httpx2.AsyncClient, call: Call, shown: dict[str, Any]) -> httpx2.Response:
    client.cookies.clear()
    for name, value in shown.get("cookies", {}).items():
        client.cookies.set(name, value)
    return await client.request(call.method, call.path, headers=shown["headers"], **call.request)


def complaints(call: Call, answer: httpx2.Response) -> Iterator[str]:
    """What is wrong with an answer that South got."""
    if CANARY in answer.text or CANARY in str(answer.headers):
        yield f"{call}: shows what is North's"
    if answer.status_code >= 500:
        yield f"{call}: {answer.status_code}"
    if call.names_north and not call.is_public and answer.status_code not in (403, 404):
        yield f"{call}: {answer.status_code} for what is North's: {answer.text[:200]}"


@pytest.mark.parametrize("means", ["session", "key"])
async def test_south_sees_and_changes_nothing_of_north(
    app: FastAPI,
    client: httpx2.AsyncClient,
    world: World,
    objects: dict[str, str],
    books: Books,
    means: str,
) -> None:
    headers: dict[str, Any] = {}
    if means == "key":
        south = Principal.system(world.other_company_id)
        async with world.resources.db.transaction(world.other_company_id) as session:
            _, secret = await create_key(
                session, name="All", permissions=sorted(PERMISSIONS), by=south
            )
        headers = {"headers": {"x-api-key": secret}}
    wrong: list[str] = []
    for call in calls(app, objects):
        shown = headers or await logged_in(world, world.other_admin)
        answer = await send(client, call, shown)
        wrong += complaints(call, answer)
        changed = books.changed()
        if not call.is_public and changed:
            wrong.append(f"{call}: changed North's {sorted(changed)}")

    assert not wrong, "\n".join(wrong)


async def test_north_does_see_it(
    app: FastAPI, client: httpx2.AsyncClient, world: World, objects: dict[str, str]
) -> None:
    """Without this, ids that exist nowhere would make the test above pass."""
    seen = []
    for call in calls(app, objects):
        # What is public is opened by a token, not by whoever somebody is.
        if call.method == "GET" and call.names_north and not call.is_public:
            answer = await send(client, call, await logged_in(world, world.admin))
            assert answer.status_code < 400, (str(call), answer.status_code, answer.text[:200])
            seen.append(CANARY in answer.text)

    assert any(seen)
