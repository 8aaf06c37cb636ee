"""Background entry points of knowledge."""

from collections.abc import Sequence

from ticketyard.core.resources import Resources
from ticketyard.knowledge.events import FileDeleted


async def delete_bytes(
    resources: Resources, company_id: int, events: Sequence[FileDeleted]
) -> None:
    """Delete the bytes of deleted files: nothing else ever had their keys."""
    for event in events:
        if event.file_relative_path.startswith(f"{company_id}/"):
            await resources.blobs.delete(event.file_relative_path)
