"""Background entry points of intake."""

from collections.abc import Sequence

from ticketyard.core.resources import Resources
from ticketyard.intake.events import ImportRequested
from ticketyard.intake.importing import run_import


async def read_imports(
    resources: Resources, company_id: int, events: Sequence[ImportRequested]
) -> None:
    """Read kept files in."""
    for event in events:
        await run_import(resources, company_id, event.run_id)
