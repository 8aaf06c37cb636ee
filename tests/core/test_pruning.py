"""What has expired goes; what is still good stays."""

from sqlalchemy import text

from tests.world import World
from ticketyard.core.pruning import prune_expired


async def test_only_what_has_expired_goes(world: World) -> None:
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        await session.execute(
            text(
                """
                insert into idempotency_key (company_id, key, principal, route, request_hash, created_at)
                values (:c, 'old', 'p', 'r', 'h', now() - interval '3 days'), (:c, 'new', 'p', 'r', 'h', now())
                """
            ),
            {"c": world.company_id},
        )
        await session.execute(
            text(
                """
                insert into login_session (company_id, person_id, token_hash, csrf_token, expires_at)
                values (:c, :p, 'old', 'x', now() - interval '1 second'),
                       (:c, :p, 'new', 'x', now() + interval '1 hour')
                """
            ),
            {"c": world.company_id, "p": world.ana.id},
        )
    await prune_expired(world.resources, world.company_id)
    async with db.transaction(world.company_id) as session:
        assert list(await session.scalars(text("select key from idempotency_key"))) == ["new"]
        assert list(await session.scalars(text("select token_hash from login_session"))) == ["new"]
