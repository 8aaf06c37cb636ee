"""Tell an open page that something happened, so that it can ask what."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ticketyard.core.live import Live
from ticketyard.web.deps import Acting, may

router = APIRouter(include_in_schema=False)

# A busy import makes hundreds of changes a second; a page needs to hear of one.
GATHER_SECONDS = 1.0
# The page connects again by itself, and is asked again who it is.
LIFE_SECONDS = 15 * 60


@router.get("/live", response_class=EventSourceResponse, dependencies=[may("tickets:read")])
async def get_live(
    request: Request, by: Acting, since: float | None = None
) -> AsyncIterator[ServerSentEvent]:
    """`desk` events: something of this company changed, after `since` or from now on."""
    live: Live = request.app.state.live
    ends_at = asyncio.get_running_loop().time() + LIFE_SECONDS
    async with live.watch(by.company_id, since=since) as changed:
        yield ServerSentEvent(retry=2_000)
        while (left := ends_at - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.wait_for(changed.wait(), timeout=left)
            except TimeoutError:
                return
            changed.clear()
            if live.is_ending:
                return
            yield ServerSentEvent(event="desk", raw_data="changed")
            await asyncio.sleep(GATHER_SECONDS)
