"""A mail that breaks or kills its reader: the others are filed, and a person is shown this one."""

import pytest
from sqlalchemy import text

from tests.mailboxes.post import keep, mail, row_of
from tests.world import World
from ticketyard.mailboxes.filing import ATTEMPTS_MAX, file_claimed, file_waiting
from ticketyard.mailboxes.landing import reading
from ticketyard.mailboxes.landing.reading import claim_waiting

COME_DUE = text(
    "update mail_message set claimed_until = null, ready_at = least(ready_at, now())"
    " where company_id = current_company() and outcome = 'waiting' and ready_at <> 'infinity'"
)


async def come_due(world: World) -> None:
    """As if leases and waits were over."""
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(COME_DUE)


async def file_until_nothing_is_due(world: World) -> int:
    rounds = 0
    while await file_waiting(world.resources, world.company_id):
        await come_due(world)
        rounds += 1
        assert rounds < 50
    return rounds


async def test_one_that_raises_holds_no_other_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reading.read_mail

    def breaks(raw: bytes) -> object:
        if b"poison" in raw:
            raise RecursionError("secret words of the mail")
        return real(raw)

    monkeypatch.setattr(reading, "read_mail", breaks)
    before = [await keep(world, mail(f"Before {n}")) for n in range(3)]
    bad = await keep(world, mail("poison"))
    after = [await keep(world, mail(f"After {n}")) for n in range(3)]

    await file_until_nothing_is_due(world)

    assert {(await row_of(world, each)).outcome for each in before + after} == {"ticket"}
    row = await row_of(world, bad)
    assert (row.outcome, row.state) == ("waiting", "needs_look")


async def test_one_that_kills_its_reader_is_given_up(world: World) -> None:
    good = [await keep(world, mail(f"Good {n}")) for n in range(3)]
    bad = await keep(world, mail("kills"))

    async def claim() -> list[int]:
        await come_due(world)
        return await claim_waiting(
            world.resources, world.company_id, limit=64, max_attempts=ATTEMPTS_MAX
        )

    assert await claim() == [*good, bad]  # and here the process dies
    deaths = 1
    while taken := await claim():
        assert len(taken) == 1, "after a death each is tried by itself"
        if taken == [bad]:
            deaths += 1
        else:
            await file_claimed(world.resources, world.company_id, taken)

    assert deaths == ATTEMPTS_MAX
    assert {(await row_of(world, each)).outcome for each in good} == {"ticket"}
    row = await row_of(world, bad)
    assert (row.outcome, row.state) == ("waiting", "needs_look")


async def test_who_comes_back_after_the_lease_files_nothing_twice(world: World) -> None:
    ids = [await keep(world, mail(f"Slow {n}")) for n in range(3)]
    slow = await claim_waiting(world.resources, world.company_id, limit=64, max_attempts=5)
    assert slow == ids
    await come_due(world)
    await file_until_nothing_is_due(world)

    assert await file_claimed(world.resources, world.company_id, slow) == {}

    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select count(*) from ticket")) == len(ids)


async def test_a_storage_that_is_full_for_hours_leaves_nobody_a_days_mail_to_look_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = await keep(world, mail("No file"))
    with_file = await keep(world, mail("See file", files={"log.txt": b"lines"}))
    put = world.resources.blobs.put

    async def is_full(company_id: int, content: bytes) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(world.resources.blobs, "put", is_full)
        for _ in range(3 * ATTEMPTS_MAX):
            await file_waiting(world.resources, world.company_id)
            await come_due(world)
    assert world.resources.blobs.put == put
    assert (await row_of(world, plain)).outcome == "ticket"
    held = await row_of(world, with_file)
    assert (held.outcome, held.state) == ("waiting", "waiting")

    await file_until_nothing_is_due(world)

    assert (await row_of(world, with_file)).outcome == "ticket"
