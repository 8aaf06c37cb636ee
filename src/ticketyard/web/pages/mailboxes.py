"""Settings: the mailboxes that tickets come by, how each fares, and its ledger."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import Refusal
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import RowId
from ticketyard.insights.mails import MailFilter, list_mails
from ticketyard.mailboxes.boxes.changing import (
    add_mailbox,
    change_mailbox,
    get_mailbox,
    switch_mailbox,
)
from ticketyard.mailboxes.boxes.draft import AFTER_FILING, AUTHS, SECURITIES
from ticketyard.mailboxes.errors import BadMailbox, MailboxNotFound
from ticketyard.mailboxes.fetching.sources import load_source
from ticketyard.mailboxes.fetching.trying import try_mailbox
from ticketyard.mailboxes.ledger import OUTCOMES, MailboxBooks, list_books
from ticketyard.mailboxes.models import Mailbox
from ticketyard.people.queries import list_teams
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.mailbox_form import FIELDS, SECRET_FIELDS, draft_of, shown_fields
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.web.pages.mail_view import OUTCOME, came_by_mail

router = APIRouter(prefix="/settings/mailboxes", include_in_schema=False)

PAGE_MAILS = 50
_NUMBERS = ("imap_port", "smtp_port", "look_back_hours")
_SECURITY = {"tls": "TLS", "starttls": "STARTTLS", "none": "None"}
_AUTH = {"password": "Password", "xoauth2": "OAuth 2 (Gmail, Microsoft 365)"}
_AFTER = {"leave": "Leave it untouched", "seen": "Mark it as read", "move": "Move it to a folder"}


@router.get("", dependencies=[may("settings:manage")])
async def get_mailboxes(session: Session, frame: DeskFrame) -> Response:
    """Every mailbox with its health and its books."""
    return _page("mailboxes", frame, books=await list_books(session))


@router.get("/new", dependencies=[may("settings:manage")])
async def get_new_mailbox(session: Session, frame: DeskFrame) -> Response:
    """The form of a new one."""
    return await _form(session, frame, None, shown_fields(None))


@router.post("", dependencies=[may("settings:manage")])
async def post_mailbox(
    request: Request, session: Session, resources: Parts, by: Acting, frame: DeskFrame
) -> Response:
    """Add one."""
    given = await _given(request)
    try:
        async with session.begin_nested():
            mailbox = await add_mailbox(
                session,
                await draft_of(session, _typed(given)),
                sealer=resources.part(Sealer),
                by=by,
            )
    except Refusal as refusal:
        return await _form(session, frame, None, given, refusal)
    said = Flash("clear", f"{mailbox.address} is added. Test the connection now.")
    return back_to(f"/settings/mailboxes/{mailbox.id}", said)


@router.get("/{mailbox_id}", dependencies=[may("settings:manage")])
async def get_mailbox_page(mailbox_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One of them, to be changed; one of EMAIL_CREDENTIALS only to be read."""
    mailbox = await get_mailbox(session, mailbox_id)
    return await _form(session, frame, mailbox, shown_fields(mailbox))


@router.post("/{mailbox_id}", dependencies=[may("settings:manage")])
async def post_mailbox_change(
    mailbox_id: RowId,
    request: Request,
    session: Session,
    resources: Parts,
    by: Acting,
    frame: DeskFrame,
) -> Response:
    """Change it; without a new secret the one that is stored stays."""
    mailbox = await get_mailbox(session, mailbox_id)
    given = await _given(request)
    was_enabled = mailbox.is_enabled
    try:
        async with session.begin_nested():
            draft = await draft_of(session, _typed(given), mailbox)
            await change_mailbox(session, mailbox_id, draft, sealer=resources.part(Sealer), by=by)
            await switch_mailbox(session, mailbox_id, is_enabled=was_enabled, by=by)
    except Refusal as refusal:
        await session.refresh(mailbox)
        return await _form(session, frame, mailbox, given, refusal)
    return back_to(f"/settings/mailboxes/{mailbox_id}", Flash("clear", "Saved."))


@router.post("/{mailbox_id}/switch", dependencies=[may("settings:manage")])
async def post_switch(
    mailbox_id: RowId, session: Session, by: Acting, on: Annotated[bool, Form()] = False
) -> Response:
    """Switch it on or off; nothing that came by it goes away."""
    mailbox = await switch_mailbox(session, mailbox_id, is_enabled=on, by=by)
    said = f"{mailbox.address} is switched {'on' if on else 'off'}."
    return back_to("/settings/mailboxes", Flash("clear", said))


@router.post("/{mailbox_id}/trial", dependencies=[may("settings:manage")])
async def post_trial(mailbox_id: RowId, resources: Parts, by: Acting) -> Response:
    """Connect, log in, look at the folder, and say how that went. No transaction is open meanwhile."""
    trial = await try_mailbox(resources, await load_source(resources, by.company_id, mailbox_id))
    said = Flash("clear" if trial.went_well else "stop", trial.text)
    return back_to(f"/settings/mailboxes/{mailbox_id}", said)


@router.get("/{mailbox_id}/ledger", dependencies=[may("settings:manage")])
async def get_ledger_page(
    mailbox_id: RowId,
    session: Session,
    frame: DeskFrame,
    outcome: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=320)] = "",
    before: RowId | None = None,
) -> Response:
    """What came by it and what became of each: the sum, then the mails. 0: what came by the API."""
    books = await _books(session, mailbox_id)
    chosen = outcome if outcome in OUTCOMES else ""
    wanted = MailFilter(
        mailbox_id=mailbox_id,
        outcome=chosen or None,
        query=q,
        before=before,
        limit=PAGE_MAILS + 1,
    )
    rows = await list_mails(session, wanted)
    here = f"/settings/mailboxes/{mailbox_id}/ledger"
    kept = {"outcome": chosen, "q": q}
    last = rows[PAGE_MAILS - 1].inbound_id if len(rows) > PAGE_MAILS else None
    return _page(
        "ledger",
        frame,
        books=books,
        here=here,
        outcomes=[("", "All", books.received), *_counted(books)],
        chosen=chosen,
        q=q,
        mails=[came_by_mail(row) for row in rows[:PAGE_MAILS]],
        back=f"{here}?{urlencode(kept)}"[:200],
        next_href=f"{here}?{urlencode({**kept, 'before': last})}" if last else None,
    )


def _counted(books: MailboxBooks) -> list[tuple[str, str, int]]:
    counts = (books.tickets, books.replies, books.duplicates, books.refused, books.waiting)
    return [(name, OUTCOME[name], count) for name, count in zip(OUTCOMES, counts, strict=True)]


async def _books(session: AsyncSession, mailbox_id: int) -> MailboxBooks:
    wanted = mailbox_id or None
    for books in await list_books(session):
        if books.mailbox_id == wanted:
            return books
    raise MailboxNotFound("There is no such mailbox.")


# -- the form ----------------------------------------------------------------------------------


async def _given(request: Request) -> dict[str, str]:
    """What was typed, by the names of the form; nothing longer than anybody types."""
    form = await request.form()
    found: dict[str, str] = {}
    for name in (*FIELDS, *SECRET_FIELDS):
        value = form.get(name)
        if isinstance(value, str):
            found[name] = value[:4_000] if name in SECRET_FIELDS else value.strip()[:1_001]
    return found


def _typed(given: dict[str, str]) -> dict[str, Any]:
    """The same as values. Raises BadMailbox."""
    typed: dict[str, Any] = dict(given)
    for name in _NUMBERS:
        if name in typed:
            typed[name] = _number(name, typed[name]) or 0
    for name in ("poll_seconds", "team_id"):
        if name in typed:
            typed[name] = _number(name, typed[name])
    return typed


def _number(name: str, value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadMailbox(f"{name} must be a whole number.")
    return int(value)


async def _form(
    session: AsyncSession,
    frame: Frame,
    mailbox: Mailbox | None,
    values: dict[str, Any],
    refusal: Refusal | None = None,
) -> Response:
    """The form, with what was typed and what is wrong with it beside the field it names."""
    detail = refusal.detail if refusal else ""
    named = detail.split(" ", 1)[0]
    known = named in FIELDS or named in SECRET_FIELDS
    blank = {name: "" for name in (*FIELDS, *SECRET_FIELDS)}
    words = detail.partition(" ")[2]
    return _page(
        "mailbox",
        frame,
        status=422 if refusal else 200,
        mailbox=mailbox,
        values={**blank, **shown_fields(mailbox), **values, **dict.fromkeys(SECRET_FIELDS, "")},
        errors={**blank, **({named: words.capitalize()} if known else {})},
        error="" if known else detail,
        teams=[(str(team.id), team.name) for team in await list_teams(session)],
        securities=[(each, _SECURITY[each]) for each in SECURITIES],
        auths=[(each, _AUTH[each]) for each in AUTHS],
        afters=[(each, _AFTER[each]) for each in AFTER_FILING],
    )


def _page(template: str, frame: Frame, status: int = 200, **view: object) -> Response:
    return page(
        f"settings/{template}.html", frame, place="settings", status=status, tab="mailboxes", **view
    )
