"""Read one folder: whatever came since last time, batch by batch, kept before the mark moves on.

No flag is relied on and none is set. What the server will not hand out is noted and asked for again,
and holds up nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.fetching.positions import (
    Position,
    begin_position,
    find_position,
    kept_uids,
    last_read_at,
    refuse_gone,
    unfetched_uids,
)
from ticketyard.mailboxes.imap.answers import Listed
from ticketyard.mailboxes.imap.errors import CommandRefused, ConnectionLost
from ticketyard.mailboxes.imap.server import Folder
from ticketyard.mailboxes.imap.thread import ImapThread
from ticketyard.mailboxes.keeping import FetchedMail, Place, keep_messages

log = get_logger(__name__)

BATCH_MESSAGES = 100
BATCH_BYTES = 4 * 1024 * 1024
# Held in memory once; more than any mail server lets through.
MESSAGE_MAX_BYTES = 150 * 1024 * 1024
WINDOW_UIDS = 5_000
LOOK_AGAIN_UIDS = 1_000
BREAKS_MAX = 3
# A server may count days in a zone of its own, so more is asked for and then sorted out.
ZONE_SLACK = timedelta(days=1)


@dataclass
class Suspects:
    """Messages at which the connection broke off; remembered while the process lives."""

    breaks: Counter[int] = field(default_factory=Counter)
    careful_until: int = 0

    def note(self, batch: Sequence[Listed]) -> None:
        """The connection broke off while these were fetched."""
        self.careful_until = max(self.careful_until, batch[-1].uid)
        if len(batch) == 1:
            self.breaks[batch[0].uid] += 1

    def is_hopeless(self, uid: int) -> bool:
        """Whether it broke off there, with this message alone, too often to try again now."""
        return self.breaks[uid] >= BREAKS_MAX


def batches(listed: Sequence[Listed], careful_until: int = 0) -> Iterator[list[Listed]]:
    """Messages to fetch in one command: limited by count and bytes, a large one alone, and one at a
    time where the connection broke off before."""
    batch: list[Listed] = []
    size = 0
    for each in listed:
        full = len(batch) >= BATCH_MESSAGES or size + each.size > BATCH_BYTES
        if batch and (full or batch[-1].uid <= careful_until):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each.size
    if batch:
        yield batch


class FolderReader:
    """Reads the folder of one mailbox over one connection.

    on_kept: told after each commit that brought something new.
    """

    def __init__(
        self,
        resources: Resources,
        imap: ImapThread,
        *,
        company_id: int,
        mailbox_id: int,
        folder: str,
        look_back_hours: int,
        suspects: Suspects,
        on_kept: Callable[[int], None],
    ) -> None:
        self._resources = resources
        self._imap = imap
        self._company_id = company_id
        self._mailbox_id = mailbox_id
        self._folder = folder
        self._look_back = timedelta(hours=look_back_hours)
        self._suspects = suspects
        self._on_kept = on_kept
        self._next_uid = 0
        self._position: Position | None = None

    # -- the folder ----------------------------------------------------------------------------

    @property
    def position(self) -> Position:
        """Where reading stands. The folder must be open."""
        if self._position is None:
            raise RuntimeError("The folder is not open.")
        return self._position

    async def open(self) -> None:
        """Open the folder, anew if it is open, and find where reading stopped or begins."""
        folder = await self._imap.call(self._imap.session.select, self._folder)
        self._next_uid = folder.next_uid
        place = Place(
            company_id=self._company_id,
            mailbox_id=self._mailbox_id,
            uidvalidity=folder.uidvalidity,
        )
        async with self._resources.db.transaction(self._company_id) as session:
            self._position = await find_position(session, place)
            before = await last_read_at(session, self._mailbox_id)
        if self._position is None:
            self._position = await self._begin(place, folder, before)

    async def _begin(self, place: Place, folder: Folder, before: datetime | None) -> Position:
        """The first reading: of what lies there, only what is younger than the look-back; of a
        folder that was made anew also all since a day before the last reading."""
        since = self._resources.clock() - self._look_back
        if before is not None:
            since = min(since, before - ZONE_SLACK)
        young = await self._young(since, folder)
        first = min(young, default=folder.next_uid)
        position = Position(
            place=place,
            first_uid=first,
            last_uid=first - 1,
            new_from_uid=folder.next_uid,
            since=since,
        )
        async with self._resources.db.transaction(place.company_id) as session:
            await begin_position(session, position)
            found = await find_position(session, place)
        log.info("folder_begun", mailbox_id=place.mailbox_id, uidvalidity=place.uidvalidity,
                 first_uid=first, anew=before is not None)  # fmt: skip
        return found or position

    async def _young(self, since: datetime, folder: Folder) -> list[int]:
        if not folder.messages:
            return []
        session = self._imap.session
        uids = await self._imap.call(session.search_since, (since - ZONE_SLACK).date())
        young = []
        for start in range(0, len(uids), 500):
            words = ",".join(map(str, uids[start : start + 500]))
            for each in await self._imap.call(session.list_messages, words):
                if each.arrived_at is None or each.arrived_at >= since:
                    young.append(each.uid)
        return [uid for uid in young if uid < folder.next_uid]

    # -- what is new ---------------------------------------------------------------------------

    async def catch_up(self) -> int:
        """Fetch and keep all that came since; gives how many messages were new here."""
        new = 0
        while True:
            first = self.position.last_uid + 1
            window = max(WINDOW_UIDS, (self._next_uid - first) // 1000)
            last = first + window - 1 if first + window < self._next_uid else None
            found = await self.list_range(first, last)
            new += await self._take(found, moves_mark=True)
            await self._mark(last or max((each.uid for each in found), default=0))
            if last is None and not found:
                return new

    async def look_again(self) -> int:
        """Fetch what is missing among the last thousand: what showed up below the mark, and what
        the server did not hand out before. Gives how many were had now."""
        position = self.position
        first = max(position.first_uid, position.last_uid - LOOK_AGAIN_UIDS + 1)
        if position.last_uid < first:
            return 0
        return await self.fetch_missing(first, position.last_uid)

    async def fetch_missing(self, first: int, last: int) -> int:
        """Compare that range with the server's and fetch what is not here. Gives how many came."""
        # Else the server may list what has left meanwhile.
        await self._imap.call(self._imap.session.has_news)
        there = await self.list_range(first, last)
        kept = await kept_uids(self._resources, self.position.place, first, last)
        missing = [each for each in there if each.uid not in kept.whole]
        unfetched = set(await unfetched_uids(self._resources, self.position.place))
        if others := sorted(unfetched - {each.uid for each in missing}):
            words = ",".join(map(str, others[:500]))
            found = await self._imap.call(self._imap.session.list_messages, words)
            missing += [each for each in found if each.uid in unfetched]
            if gone := set(others[:500]) - {each.uid for each in found}:
                await refuse_gone(self._resources, self.position.place, gone)
        return await self._take(sorted(missing, key=lambda each: each.uid), moves_mark=False)

    async def list_range(self, first: int, last: int | None) -> list[Listed]:
        """What the server has of a range of UIDs."""
        found = await self._imap.call(self._imap.session.list_messages, f"{first}:{last or '*'}")
        return [each for each in found if first <= each.uid <= (last or each.uid)]

    async def _take(self, listed: Sequence[Listed], *, moves_mark: bool) -> int:
        asked = [each for each in listed if self.position.asks_for(each)]
        new = 0
        for batch in batches(asked, self._suspects.careful_until):
            kept = await keep_messages(
                self._resources,
                self.position.place,
                await self._fetch(batch),
                read_up_to=batch[-1].uid if moves_mark else None,
            )
            if moves_mark:
                self._position = replace(self.position, last_uid=batch[-1].uid)
            new += kept
            if kept:
                self._on_kept(kept)
        return new

    async def _mark(self, uid: int) -> None:
        """All up to here was looked at, whether or not anything was asked for."""
        if uid > self.position.last_uid:
            await keep_messages(self._resources, self.position.place, [], read_up_to=uid)
            self._position = replace(self.position, last_uid=uid)

    # -- the messages themselves ---------------------------------------------------------------

    async def _fetch(self, batch: Sequence[Listed]) -> list[FetchedMail]:
        if len(batch) == 1 and (problem := self._hopeless(batch[0])):
            return [FetchedMail.missing(batch[0].uid, problem)]
        try:
            bodies = await self._imap.call(self._bodies, batch, within=_patience(batch))
        except CommandRefused as refused:
            if len(batch) == 1:
                return [FetchedMail.missing(batch[0].uid, str(refused))]
            return [mail for each in batch for mail in await self._fetch([each])]
        except ConnectionLost:
            self._suspects.note(batch)
            raise
        left = [each for each in batch if each.uid not in bodies]
        return sorted([*bodies.values(), *await self._left_out(left)], key=lambda mail: mail.uid)

    def _hopeless(self, listed: Listed) -> str | None:
        if listed.size > MESSAGE_MAX_BYTES:
            return f"It has {listed.size:,} bytes, more than can be taken in."
        if self._suspects.is_hopeless(listed.uid):
            return "The connection broke off each time it was fetched."
        return None

    def _bodies(self, batch: Sequence[Listed]) -> dict[int, FetchedMail]:
        """On the connection's thread, hashes and all."""
        arrived = {each.uid: each.arrived_at for each in batch}
        bodies = self._imap.session.fetch(list(arrived))
        return {
            uid: FetchedMail.of(uid, raw, arrived[uid])
            for uid, raw in bodies.items()
            if uid in arrived
        }

    async def _left_out(self, batch: Sequence[Listed]) -> list[FetchedMail]:
        """What the server passed over in silence: gone meanwhile, or there and not to be had."""
        if not batch:
            return []
        first, last = batch[0].uid, batch[-1].uid
        there = await self._imap.call(self._imap.session.list_uids, first, last)
        return [
            FetchedMail.missing(each.uid, "The server lists it, but does not hand it out.")
            for each in batch
            if each.uid in there
        ]


def _patience(batch: Sequence[Listed]) -> float:
    """Seconds for a batch: two minutes, and more for a large one on a slow line (64 KB/s)."""
    return 120 + sum(each.size for each in batch) / 65_536
