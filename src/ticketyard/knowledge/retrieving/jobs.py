"""Background entry points of finding knowledge."""

from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.copying import bring_in_step
from ticketyard.knowledge.retrieving.filling import fill_missing


async def copy_vectors(resources: Resources, company_id: int) -> None:
    """Tell an index of vectors elsewhere what changed; does nothing where there is none."""
    await bring_in_step(resources, company_id)


async def fill_vectors(resources: Resources, company_id: int) -> None:
    """Give vectors to pieces that have none of this model's; mostly there are none such."""
    await fill_missing(resources, company_id)
