"""Settings: the chat for requesters, and the tag that puts it on other sites."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from ticketyard.core.errors import Invalid
from ticketyard.core.shapes import storable
from ticketyard.knowledge.chatbot.setting_up import (
    ORIGINS_MAX,
    TEXT_MAX,
    ChatSettings,
    get_chat_settings,
    save_chat_settings,
)
from ticketyard.people.queries import get_company
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.webhooks.delivering import PublicUrl

router = APIRouter(prefix="/settings", include_in_schema=False)

_Text = Annotated[str, Form(max_length=2_000)]


async def _desk_address(request: Request, resources: Parts) -> str:
    """Where people reach this desk: as its operator says, else as the admin's browser does."""
    return (resources.part(PublicUrl).url or str(request.base_url)).rstrip("/")


DeskAddress = Annotated[str, Depends(_desk_address)]


@router.get("/chat", dependencies=[may("settings:manage")])
async def get_chat_page(session: Session, frame: DeskFrame, desk: DeskAddress) -> Response:
    """How the chat is set, and the tag to copy."""
    return await _settings(session, frame, desk, await get_chat_settings(session))


@router.post("/chat", dependencies=[may("settings:manage")])
async def post_chat_settings(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    desk: DeskAddress,
    is_on: Annotated[str, Form(max_length=5)] = "",
    name: _Text = "",
    greeting: _Text = "",
    privacy_note: _Text = "",
    accent: Annotated[str, Form(max_length=20)] = "",
    origins: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Set it; what cannot be is said beside what was written, and nothing is changed."""
    chosen = ChatSettings(
        is_on=bool(is_on),
        name=storable(name),
        greeting=storable(greeting),
        privacy_note=storable(privacy_note),
        accent=accent.strip(),
        origins=tuple(origins.split()),
    )
    try:
        async with session.begin_nested():
            await save_chat_settings(session, chosen, by=by)
    except Invalid as refusal:
        return await _settings(session, frame, desk, chosen, refusal=refusal.detail)
    said = "Saved. The chat is open." if chosen.is_on else "Saved. The chat is switched off."
    return back_to("/settings/chat", Flash("clear", said))


async def _settings(
    session: Session, frame: Frame, desk: str, chosen: ChatSettings, *, refusal: str = ""
) -> Response:
    company = await get_company(session)
    return page(
        "settings/chat.html",
        frame,
        place="settings",
        tab="chat",
        status=422 if refusal else 200,
        chosen=chosen,
        refusal=refusal,
        name=company.name,
        text_max=TEXT_MAX,
        origins_max=ORIGINS_MAX,
        chat_href=f"{desk}/chat/{company.slug}",
        tag=script_tag(desk, company.slug, chosen.accent),
    )


def script_tag(desk: str, slug: str, accent: str = "") -> str:
    """What goes into the pages of another site."""
    colour = f' data-accent="{escape(accent)}"' if accent else ""
    return (
        f'<script src="{escape(desk)}/chat/widget.js" data-company="{escape(slug)}"{colour} async>'
        "</script>"
    )
