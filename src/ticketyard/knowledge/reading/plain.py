"""Read plain text, whatever letters it is written in."""

from collections.abc import Iterator

from ticketyard.knowledge.reading.blocks import Block, Part, blocks_of, paragraphs
from ticketyard.mail.syntax.charsets import decode_text


def read(content: bytes) -> Iterator[Block | Part]:
    """Its paragraphs."""
    for paragraph in paragraphs(decode_text(content).splitlines()):
        yield from blocks_of(paragraph)
    yield Part(1, 1)
