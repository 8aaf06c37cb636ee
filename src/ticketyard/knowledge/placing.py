"""Pure: where a chunk stands, for people and for finding it."""

from collections.abc import Mapping
from typing import Any

from ticketyard.knowledge.reading.chunking import Chunk

_CONTEXT_MAX = 500


def context_of(title: str, chunk: Chunk) -> str:
    """The document's title and the headings above, from the outermost."""
    headings = [each for each in chunk.headings if each != title]
    return " > ".join([title, *headings])[:_CONTEXT_MAX]


def place_of(chunk: Chunk) -> dict[str, Any]:
    """What is known of where it stands; what is not is left out."""
    place: dict[str, Any] = {}
    if chunk.page:
        place |= {"page": chunk.page, "to_page": chunk.to_page}
    if chunk.sheet:
        place |= {"sheet": chunk.sheet, "row": chunk.row, "to_row": chunk.to_row}
    if chunk.headings:
        place["headings"] = list(chunk.headings)
    return place


def told_place(place: Mapping[str, Any]) -> str:
    """`page 3`, `pages 3–4`, `Prices, rows 2–40`, `Setup › Windows`."""
    if "page" in place:
        first, last = place["page"], place["to_page"]
        return f"page {first}" if first == last else f"pages {first}–{last}"
    if "sheet" in place:
        first, last = place["row"], place["to_row"]
        rows = f"row {first}" if first == last else f"rows {first}–{last}"
        return f"{place['sheet']}, {rows}" if last else str(place["sheet"])
    return " › ".join(place.get("headings", ()))
