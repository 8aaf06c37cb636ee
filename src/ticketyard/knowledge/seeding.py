"""Five articles to try the knowledge with, put there and taken away again, and nothing else touched."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.filing import delete_document
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.writing import add_article, set_publication
from ticketyard.tickets.queries import list_categories

NAME = "Sample knowledge"
# Written once, published once: whatever has a later version was worked on by somebody since.
_UNTOUCHED = 2
SEEDS: Sequence[ArticleDraft] = tuple(
    ArticleDraft(title, body, category, "public")
    for title, category, body in (
        (
            "How do I clear a paper jam?",
            "printer",
            "Switch the printer off. Open the rear tray. Pull the paper out slowly with both hands."
            " Close the tray until it clicks, and switch the printer on again.",
        ),
        (
            "I have forgotten my password",
            "password_reset",
            "Open the log-in page and choose *Forgotten password*. Type your work e-mail address."
            " Follow the link in the mail within an hour, and choose a password of twelve characters.",
        ),
        (
            "The VPN does not connect",
            "vpn",
            "Check that the internet works without the VPN. Quit the VPN program and start it again."
            " Type the six digits of the authenticator. After three failures wait fifteen minutes.",
        ),
        (
            "My mailbox is full",
            "email",
            "Empty the folder *Deleted items*. Search for messages larger than 10 MB and save their"
            " attachments elsewhere. A mailbox holds 50 GB; ask for an archive if that is too little.",
        ),
        (
            "How do I order a new laptop?",
            "hardware",
            "Open the equipment page and choose a model. Name your cost centre. Your manager gets a"
            " mail and has to agree; the laptop comes within five working days after that.",
        ),
    )
)


async def seed_knowledge(session: AsyncSession, *, wipe: bool) -> int:
    """See that the five are there, published; gives how many there are.

    wipe: take those away first that nobody has worked on; whatever else the company knows stays.
    """
    company_id = company_of(session)
    ours = Principal.system(company_id, NAME)
    if wipe:
        for document in await _seeded(session):
            if document.version == _UNTOUCHED:
                await delete_document(
                    session, file_id=document.file_id, sources=("article",), by=ours
                )
        await session.flush()
    there = {each.title for each in await _seeded(session)}
    categories = {each.name for each in await list_categories(session)}
    for seed in SEEDS:
        if seed.title not in there:
            draft = seed if seed.category in categories else replace(seed, category=None)
            document = await add_article(session, draft=draft, by=ours)
            await set_publication(
                session, file_id=document.file_id, publication="published", by=ours
            )
    return len(SEEDS)


async def _seeded(session: AsyncSession) -> list[Document]:
    """Ours, in whatever state. Nobody who logs in writes without an id."""
    return list(
        await session.scalars(
            select(Document)
            .where(
                Document.company_id == company_of(session),
                Document.source_type == "article",
                Document.author_id.is_(None),
                Document.author_name == NAME,
                Document.title.in_([each.title for each in SEEDS]),
            )
            .order_by(Document.id)
        )
    )
