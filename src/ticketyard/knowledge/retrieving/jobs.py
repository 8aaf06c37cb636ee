"""Background entry points of finding knowledge."""

from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.copying import bring_in_step


async def copy_vectors(resources: Resources, company_id: int) -> None:
    """Tell an index of vectors elsewhere what changed; does nothing where there is none."""
    await bring_in_step(resources, company_id)
