"""What the company lets a machine do, and where its own endpoints are."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.outgoing import Outgoing, OutgoingRefused
from ticketyard.core.sealing import Sealer
from ticketyard.core.signing import new_secret
from ticketyard.tickets.labelling import find_category
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.errors import ActionNotFound, BadAction
from ticketyard.triage.resolving.events import AutomationChanged
from ticketyard.triage.resolving.models import ActionEndpoint, AutoResolutionRule
from ticketyard.triage.resolving.queries import get_rule


async def change_rule(
    session: AsyncSession,
    *,
    is_on: bool | None = None,
    categories: Sequence[str] | None = None,
    per_requester_per_day: int | None = None,
    by: Principal,
) -> AutoResolutionRule:
    """Change what is given. Raises UnknownCategory."""
    rule = await get_rule(session)
    values = {
        "is_on": rule.is_on if is_on is None else is_on,
        "categories": list(rule.categories)
        if categories is None
        else [await find_category(session, each) for each in dict.fromkeys(categories)],
        "per_requester_per_day": per_requester_per_day or rule.per_requester_per_day,
    }
    await session.execute(
        insert(AutoResolutionRule)
        .values(company_id=company_of(session), **values)
        .on_conflict_do_update(index_elements=["company_id"], set_=values)
    )
    session.expire_all()
    await emit(session, AutomationChanged(what="auto-resolution"), by=by)
    return await get_rule(session)


async def set_endpoint(
    session: AsyncSession,
    *,
    action: str,
    url: str,
    is_enabled: bool = True,
    renew: bool = False,
    actions: Actions,
    sealer: Sealer,
    outgoing: Outgoing,
    by: Principal,
) -> tuple[ActionEndpoint, str | None]:
    """Say which endpoint does this action; gives its secret, shown this once, where it is new.

    Another URL gets another secret, so that nobody can be sent to with one that an earlier receiver
    knows.  Raises ActionNotFound, BadAction.
    """
    if actions.get(action).run is not None:
        raise BadAction(f"{action} is done by an installed program; it needs no endpoint.")
    try:
        outgoing.check(url.strip())
    except OutgoingRefused as refusal:
        raise BadAction(str(refusal)) from None
    endpoint = await session.get(ActionEndpoint, (company_of(session), action))
    secret = None
    if renew or endpoint is None or endpoint.url != url.strip():
        secret = new_secret()
    if endpoint is None:
        endpoint = ActionEndpoint(company_id=company_of(session), action=action)
        session.add(endpoint)
    endpoint.url, endpoint.is_enabled = url.strip(), is_enabled
    endpoint.updated_at = now_of(session)
    if secret is not None:
        endpoint.secret = sealer.seal(secret)
    await session.flush()
    await emit(session, AutomationChanged(what=f"endpoint of {action}"), by=by)
    return endpoint, secret


async def remove_endpoint(session: AsyncSession, *, action: str, by: Principal) -> None:
    """Forget an action's endpoint: from now on it fails, honestly. Raises ActionNotFound."""
    endpoint = await session.get(ActionEndpoint, (company_of(session), action))
    if endpoint is None:
        raise ActionNotFound("This action has no endpoint.")
    await session.delete(endpoint)
    await session.flush()
    await emit(session, AutomationChanged(what=f"endpoint of {action} removed"), by=by)
