"""File what waits: each mail becomes a ticket, a reply, a duplicate, is refused, or needs a look.

Filing of one company happens one batch at a time, whoever does it, under a lock of the database: so
two deliveries of one mail, or a reply and what it answers, can never miss each other.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import is_database_away
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.core.storage import is_storage_away
from ticketyard.mailboxes.landing.bookkeeping import Entry, keep_books
from ticketyard.mailboxes.landing.classifying import classify
from ticketyard.mailboxes.landing.deciding import Landing, decide
from ticketyard.mailboxes.landing.lookups import Lookups, look_up
from ticketyard.mailboxes.landing.opening import Wish, open_for_mails
from ticketyard.mailboxes.landing.placing import Placed, place
from ticketyard.mailboxes.landing.reading import ReadMessage, claim_waiting, read_messages
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.mailboxes.workflows.running import Runner, load_runner, wish_for

log = get_logger(__name__)

BATCH = 64
ATTEMPTS_MAX = 5
AWAY_SECONDS = 30
BY = "Mail"
# Workflows have no say in what no ticket comes of.
RUN_ON = frozenset({"open", "join", "follow_up"})


async def file_waiting(
    resources: Resources, company_id: int, *, limit: int = BATCH, singles: bool = True
) -> int:
    """File the next mails that wait; gives how many were taken, 0 when none is due.

    singles: also those that are filed by themselves, because they are large or failed before. What
    cannot be filed is tried again like that, later, and in the end shown to a person.
    """
    if not resources.part(MailRules).tickets:
        return 0
    ids = await claim_waiting(
        resources, company_id, limit=limit, max_attempts=ATTEMPTS_MAX, singles=singles
    )
    if ids:
        try:
            await file_claimed(resources, company_id, ids)
        except Exception as error:
            log.exception("filing_failed", company_id=company_id, mails=len(ids))
            await _give_back(resources, company_id, ids, error)
    return len(ids)


async def file_claimed(
    resources: Resources, company_id: int, ids: Sequence[int]
) -> dict[int, Placed]:
    """Read and file exactly these; gives where each landed. All of them, or none."""
    messages = await read_messages(resources, company_id, ids)
    async with resources.db.transaction(company_id) as session:
        await session.execute(ONE_AT_A_TIME, {"company": company_id})
        waiting = set(await session.scalars(_STILL_WAITING, {"ids": list(ids)}))
        filing = Filing(session, resources, company_id)
        await filing.file([each for each in messages if each.inbound_id in waiting])
        return filing.placed


class Filing:
    """One batch in one transaction."""

    def __init__(self, session: AsyncSession, resources: Resources, company_id: int) -> None:
        self._session = session
        self._resources = resources
        self._by = Principal.system(company_id, BY)
        self.placed: dict[int, Placed] = {}

    async def file(self, messages: Sequence[ReadMessage]) -> None:
        """File them in order. A mail that names another of the batch waits for a later round, in
        which that other is known."""
        runner = await load_runner(self._session, self._resources)
        while messages:
            now, later = _independent(messages)
            await self._file_round(now, runner)
            messages = later

    async def _file_round(self, messages: Sequence[ReadMessage], runner: Runner) -> None:
        lookups = await look_up(self._session, messages)
        to_open: list[tuple[ReadMessage, Landing, Wish]] = []
        entries: list[Entry] = []
        for message in messages:
            landing = landing_of(message, lookups)
            label = classify(message.mail)
            workflows = runner.matching(label) if landing.kind in RUN_ON else ()
            if workflows:
                placed = await runner.run(workflows, message, landing, label, lookups, self._by)
            elif landing.kind in ("open", "follow_up"):
                to_open.append((message, landing, wish_for(label)))
                entries.append(Entry(message, landing, label))
                continue
            else:
                placed = await place(
                    self._session, self._resources, message, landing, Wish(), lookups, self._by
                )
            entries.append(Entry(message, placed.landing, label, placed))
        await self._open(to_open, entries, lookups)
        await keep_books(self._session, entries, by=self._by)
        self.placed |= {each.message.inbound_id: each.placed for each in entries if each.placed}

    async def _open(
        self,
        to_open: Sequence[tuple[ReadMessage, Landing, Wish]],
        entries: list[Entry],
        lookups: Lookups,
    ) -> None:
        """Most mail asks for a new ticket: all of them at once."""
        opened = await open_for_mails(
            self._session,
            self._resources,
            to_open,
            lookups=lookups,
            by=self._by,
        )
        tickets = iter(opened)
        for index, entry in enumerate(entries):
            if entry.placed is None:
                placed = Placed.opened(next(tickets), entry.landing)
                entries[index] = Entry(entry.message, entry.landing, entry.label, placed)


def landing_of(message: ReadMessage, lookups: Lookups) -> Landing:
    """What becomes of a mail without any workflow."""
    return decide(
        message.mail,
        known=lookups.known(),
        sender=lookups.sender_of(message),
        verdict=message.verdict,
        own_addresses=lookups.own_addresses,
        twin=lookups.twin_of(message),
    )


def _independent(
    messages: Sequence[ReadMessage],
) -> tuple[list[ReadMessage], list[ReadMessage]]:
    """Those that name no mail before them, and the rest; at least one comes first."""
    seen: set[str] = set()
    now: list[ReadMessage] = []
    later: list[ReadMessage] = []
    for message in messages:
        names = message.thread_ids | {message.content_hash}
        (later if names & seen else now).append(message)
        seen |= names
    return now, later


async def _give_back(
    resources: Resources, company_id: int, ids: Sequence[int], error: Exception
) -> None:
    """Let others have them. Where database or storage are at fault no mail is: those attempts do not
    count, or a full disk would leave a day's mail to be looked at by hand."""
    about = {
        "ids": list(ids),
        "problem": type(error).__name__[:500],
        "is_blameless": is_database_away(error) or is_storage_away(error),
        "wait": AWAY_SECONDS,
    }
    async with resources.db.transaction(company_id) as session:
        await session.execute(_GIVE_BACK, about)


ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('ticketyard.filing'), :company)")
_STILL_WAITING = text(
    "select inbound_id from mail_message where company_id = current_company()"
    " and inbound_id = any(:ids) and outcome = 'waiting'"
)
_GIVE_BACK = text(
    """
    update mail_message set claimed_until = null, last_error = :problem,
      attempts = case when :is_blameless then 1 else attempts end,
      ready_at = now() + make_interval(secs => case
        when attempts <= 1 then 0 when :is_blameless then :wait else power(4, attempts) end)
    where company_id = current_company() and inbound_id = any(:ids) and outcome = 'waiting'
    """
)
