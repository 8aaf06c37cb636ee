"""Add, change and delete endpoints."""

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit, known_events
from ticketyard.core.outgoing import Outgoing, OutgoingRefused
from ticketyard.core.sealing import Sealer
from ticketyard.core.signing import new_secret
from ticketyard.webhooks.errors import BadEndpoint
from ticketyard.webhooks.events import WebhookChanged, WebhookDisabled
from ticketyard.webhooks.models import WebhookDelivery, WebhookEndpoint
from ticketyard.webhooks.queries import ENDPOINTS_MAX, get_endpoint

# After this, a receiver that still checks with the secret before is on its own.
OLD_SECRET_LIVES = timedelta(hours=24)
NAMES_MAX = 100
SWITCHED_OFF = "The endpoint was switched off."
_NAME = re.compile(r"[a-z_]+\.(\*|[a-z_]+)|\*")


def event_names() -> list[str]:
    """What an endpoint may ask for by name."""
    return sorted(known_events())


async def add_endpoint(
    session: AsyncSession,
    *,
    url: str,
    event_types: Sequence[str],
    name: str = "",
    sealer: Sealer,
    outgoing: Outgoing,
    by: Principal,
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown this once. Raises BadEndpoint."""
    count = await session.scalar(
        select(func.count()).where(WebhookEndpoint.company_id == company_of(session))
    )
    if (count or 0) >= ENDPOINTS_MAX:
        raise BadEndpoint(f"More than {ENDPOINTS_MAX} endpoints are not kept.")
    secret = new_secret()
    endpoint = WebhookEndpoint(
        company_id=company_of(session),
        name=name,
        url=checked_url(url, outgoing),
        event_types=checked_names(event_types),
        secret=sealer.seal(secret),
    )
    session.add(endpoint)
    await _tell(session, endpoint, "added", by)
    return endpoint, secret


async def change_endpoint(
    session: AsyncSession,
    *,
    endpoint_id: int,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    name: str | None = None,
    is_enabled: bool | None = None,
    outgoing: Outgoing,
    by: Principal,
) -> WebhookEndpoint:
    """Change what is given. Switched on again, it begins with a clean slate.

    Raises EndpointNotFound, BadEndpoint.
    """
    endpoint = await get_endpoint(session, endpoint_id, lock=True)
    if url is not None:
        endpoint.url = checked_url(url, outgoing)
    if event_types is not None:
        endpoint.event_types = checked_names(event_types)
    if name is not None:
        endpoint.name = name
    if is_enabled is False and endpoint.is_enabled:
        await _switch_off(session, endpoint, None)
    elif is_enabled and not endpoint.is_enabled:
        endpoint.is_enabled, endpoint.disabled_reason = True, None
    if url is not None or is_enabled:
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
    await _tell(session, endpoint, "changed", by)
    return endpoint


async def delete_endpoint(session: AsyncSession, *, endpoint_id: int, by: Principal) -> None:
    """Forget it and its log. Raises EndpointNotFound."""
    endpoint = await get_endpoint(session, endpoint_id, lock=True)
    await _tell(session, endpoint, "deleted", by)
    await session.delete(endpoint)


async def rotate_secret(
    session: AsyncSession, *, endpoint_id: int, sealer: Sealer, by: Principal
) -> str:
    """A new secret, shown this once; the one before signs beside it for a day.

    Raises EndpointNotFound.
    """
    endpoint = await get_endpoint(session, endpoint_id, lock=True)
    secret = new_secret()
    endpoint.old_secret = endpoint.secret
    endpoint.old_secret_until = now_of(session) + OLD_SECRET_LIVES
    endpoint.secret = sealer.seal(secret)
    await _tell(session, endpoint, "given a new secret", by)
    return secret


async def disable_endpoint(
    session: AsyncSession, endpoint: WebhookEndpoint, *, reason: str, by: Principal
) -> None:
    """Switch it off because nothing can be delivered, and say so."""
    await _switch_off(session, endpoint, reason)
    event = WebhookDisabled(endpoint_id=endpoint.id, host=host_of(endpoint.url), reason=reason)
    await emit(session, event, by=by)


async def _switch_off(session: AsyncSession, endpoint: WebhookEndpoint, reason: str | None) -> None:
    """What waits ends here, in sight, and can be sent again from the log."""
    endpoint.is_enabled, endpoint.disabled_reason = False, reason
    await session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.company_id == company_of(session),
            WebhookDelivery.endpoint_id == endpoint.id,
            WebhookDelivery.state == "waiting",
        )
        .values(state="failed", reason=SWITCHED_OFF, settled_at=now_of(session))
        .execution_options(synchronize_session=False)
    )


def checked_url(url: str, outgoing: Outgoing) -> str:
    """The URL, if it may be spoken to as far as can be told now. Raises BadEndpoint."""
    try:
        outgoing.check(url.strip())
    except OutgoingRefused as refusal:
        raise BadEndpoint(str(refusal)) from None
    return url.strip()


def checked_names(names: Sequence[str]) -> list[str]:
    """Names of events there are, each once; `ticket.*` and `*` as well. Raises BadEndpoint."""
    known = set(known_events())
    known |= {f"{each.partition('.')[0]}.*" for each in known} | {"*"}
    wanted = list(dict.fromkeys(names))
    strange = [each for each in wanted if not _NAME.fullmatch(each) or each not in known]
    if strange:
        raise BadEndpoint("No such event: the list of events names them all.")
    if not wanted or len(wanted) > NAMES_MAX:
        raise BadEndpoint("Choose which events it shall hear of.")
    return wanted


def host_of(url: str) -> str:
    """Whose it is, without what may be a secret in the path."""
    return urlsplit(url).hostname or ""


async def _tell(session: AsyncSession, endpoint: WebhookEndpoint, what: str, by: Principal) -> None:
    await session.flush()
    event = WebhookChanged(endpoint_id=endpoint.id, host=host_of(endpoint.url), what=what)
    await emit(session, event, by=by)
