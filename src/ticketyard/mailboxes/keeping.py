"""Keep mail as it came, before anybody reads it: one committed transaction for each batch.

A message is known by mailbox, UIDVALIDITY and UID. Keeping one twice changes nothing, so that a cut
connection, a kill or a second machine at the same mailbox does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ticketyard.core.db import raw_connection
from ticketyard.core.resources import Resources
from ticketyard.intake.models import InboundMessage
from ticketyard.mailboxes.told_raw import as_message

# Above this the database holds the beginning, and the whole lies among the blobs.
LARGE_BYTES = 1024 * 1024
BEGINNING_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class FetchedMail:
    """One message as the server gave it. problem: why it gave none; `raw` is then empty.

    arrived_at: when the server took it in (INTERNALDATE), where it says so.
    """

    uid: int
    raw: bytes
    sha256: str
    arrived_at: datetime | None = None
    problem: str | None = None

    @classmethod
    def of(cls, uid: int, raw: bytes, arrived_at: datetime | None = None) -> "FetchedMail":
        """With the hash of the bytes."""
        return cls(uid=uid, raw=raw, sha256=sha256(raw).hexdigest(), arrived_at=arrived_at)

    @classmethod
    def missing(cls, uid: int, problem: str) -> "FetchedMail":
        """A message that is there, but that the server does not hand out."""
        return cls(uid=uid, raw=b"", sha256="", problem=problem)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder of one mailbox under one UIDVALIDITY."""

    company_id: int
    mailbox_id: int
    uidvalidity: int


async def keep_messages(
    resources: Resources,
    place: Place,
    messages: Sequence[FetchedMail],
    *,
    read_up_to: int | None = None,
) -> int:
    """Keep these messages and how far the folder was read, all or nothing; gives how many are new.

    They are on disk when this returns. read_up_to: None leaves the mark where it is.
    """
    keys = [await _put_large(resources, place.company_id, each) for each in messages]
    async with resources.db.transaction(place.company_id) as session:
        connection = await raw_connection(session)
        cursor = await connection.execute(_KEEP, _parameters(place, messages, keys, read_up_to))
        row = await cursor.fetchone()
        return int(row[0]) if row else 0


async def _put_large(resources: Resources, company_id: int, message: FetchedMail) -> str | None:
    if len(message.raw) <= LARGE_BYTES:
        return None
    return await resources.blobs.put(company_id, message.raw)


def _parameters(
    place: Place, messages: Sequence[FetchedMail], keys: list[str | None], read_up_to: int | None
) -> dict[str, object]:
    return {
        "mailbox": place.mailbox_id,
        "uidvalidity": place.uidvalidity,
        "uids": [each.uid for each in messages],
        "hashes": [each.sha256 for each in messages],
        "raws": [
            each.raw[:BEGINNING_BYTES] if key else each.raw
            for each, key in zip(messages, keys, strict=True)
        ],
        "keys": keys,
        "sizes": [len(each.raw) for each in messages],
        "arrived": [each.arrived_at for each in messages],
        "problems": [each.problem for each in messages],
        "read_up_to": read_up_to,
    }


async def raw_of(resources: Resources, inbound: InboundMessage) -> bytes:
    """The whole message as it came; one that a program told in fields, as the message it would have
    come as. `inbound.raw` must be loaded (`undefer`).

    Raises BlobMissing when the storage has lost a large one.
    """
    if inbound.raw_key:
        return await resources.blobs.get(inbound.raw_key)
    return (
        as_message(inbound.raw, inbound.content_type) if inbound.source == "email" else inbound.raw
    )


# A message that was there before is left as it is, save when it could not be had then and now was.
# What the server would not hand out waits, out of the filing's reach, until it does.
_KEEP = """
with came as (
  select *, 'mailbox:' || %(mailbox)s::integer || ':' || %(uidvalidity)s::bigint || ':' || uid as identity
  from unnest(%(uids)b::bigint[], %(hashes)s::text[], %(raws)b::bytea[], %(keys)s::text[],
              %(sizes)b::bigint[], %(arrived)b::timestamptz[], %(problems)s::text[])
    as came (uid, sha256, raw, raw_key, size_bytes, arrived_at, problem)
), kept as (
  insert into inbound_message as known
    (company_id, source, identity, sha256, content_type, state, raw, raw_key, size_bytes)
  select current_company(), 'email', identity, sha256, 'message/rfc822', 'waiting',
         raw, raw_key, size_bytes
  from came order by uid
  on conflict (company_id, source, identity) do update
    set sha256 = excluded.sha256, raw = excluded.raw, raw_key = excluded.raw_key,
        size_bytes = excluded.size_bytes, received_at = now()
    where known.sha256 = '' and excluded.sha256 <> ''
  returning known.id, known.identity
), noted as (
  insert into mail_message as known
    (inbound_id, company_id, mailbox_id, uidvalidity, uid, received_at, last_error, ready_at)
  select kept.id, current_company(), %(mailbox)s::integer, %(uidvalidity)s::bigint, came.uid,
         least(coalesce(came.arrived_at, now()), now()), came.problem,
         case when came.problem is null then now() else 'infinity' end
  from kept join came using (identity) order by came.uid
  on conflict (inbound_id) do update
    set received_at = excluded.received_at, last_error = null, ready_at = now()
  returning 1
), marked as (
  update mailbox_position set last_uid = greatest(last_uid, %(read_up_to)s::bigint), read_at = now()
  where company_id = current_company() and mailbox_id = %(mailbox)s::integer
    and uidvalidity = %(uidvalidity)s::bigint
)
select count(*) from noted
"""
