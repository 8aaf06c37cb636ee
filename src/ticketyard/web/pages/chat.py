"""The chat page, the same for a frame in somebody else's page, and the script that opens that frame."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ticketyard.knowledge.chatbot.sentences import label_of, say
from ticketyard.knowledge.chatbot.setting_up import ChatSettings, chat_settings_of
from ticketyard.knowledge.errors import ChatOff
from ticketyard.people.models import Company
from ticketyard.people.queries import company_ids, get_company
from ticketyard.web.deps import Parts, public
from ticketyard.web.headers import content_policy
from ticketyard.web.pages.chat_words import WORDS, choose_language
from ticketyard.web.pages.frame import page, public_frame
from ticketyard.web.pages.rendering import STATIC

router = APIRouter(prefix="/chat", include_in_schema=False)

TEXT_MAX = 4_000
WIDGET_MINUTES = 10


async def _company_with_chat(resources: Parts, company: str) -> Company:
    """Where the chat is switched off there is none, as where there is no such company."""
    company_id = (await company_ids(resources.db)).get(company)
    if company_id is not None:
        async with resources.db.transaction(company_id) as session:
            found = await get_company(session)
        if chat_settings_of(found).is_on:
            return found
    raise ChatOff("There is no such chat.")


ChatCompany = Annotated[Company, Depends(_company_with_chat)]


# Public: any page may show it; it holds nothing but our own words.
@router.get("/widget.js", dependencies=[public()])
async def get_widget(request: Request) -> Response:
    """The script of the widget."""
    script, tag = _widget()
    headers = {
        "Cache-Control": f"public, max-age={WIDGET_MINUTES * 60}",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": tag,
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(script, headers=headers, media_type="text/javascript; charset=utf-8")


@lru_cache(maxsize=1)
def _widget() -> tuple[str, str]:
    """The script without what only its readers need, and a name for this state of it."""
    lines = (STATIC / "js" / "widget.js").read_text(encoding="utf-8").splitlines()
    kept = [line.strip() for line in lines if line.strip() and not line.strip().startswith("//")]
    script = "\n".join(kept) + "\n"
    return script, f'"{hashlib.sha256(script.encode()).hexdigest()[:16]}"'


# Public: whoever needs help may ask for it.
@router.get("/{company}", dependencies=[public()])
async def get_chat(
    request: Request, company: ChatCompany, language: str = "", theme: str = ""
) -> Response:
    """The chat on a page of its own, which nobody may show in a frame."""
    return _page(request, company, language, theme, is_framed=False)


# Public as well; which sites may show it is said to the browser.
@router.get("/{company}/frame", dependencies=[public()])
async def get_chat_frame(
    request: Request, company: ChatCompany, language: str = "", theme: str = ""
) -> Response:
    """The chat for the frame of the widget, on our own pages and on those of the listed sites."""
    answer = _page(request, company, language, theme, is_framed=True)
    origins = chat_settings_of(company).origins
    answer.headers["Content-Security-Policy"] = content_policy(frame_ancestors(origins))
    return answer


def frame_ancestors(origins: Sequence[str]) -> str:
    """Who may show the frame, in the words of a content policy."""
    return " ".join(("'self'", *origins))


def _page(
    request: Request, company: Company, asked: str, theme: str, *, is_framed: bool
) -> Response:
    settings = chat_settings_of(company)
    accepted = request.headers.get("accept-language", "")
    language = choose_language(asked, accepted, (company.locale, *company.languages))
    frame = public_frame(request, settings.name or company.name)
    if theme in ("light", "dark"):
        frame = type(frame)(**{**frame.__dict__, "theme": theme})
    return page(
        "chat/page.html",
        frame,
        chat={
            "slug": company.slug,
            "language": language,
            "form": f"/form/{company.slug}",
            "is_framed": is_framed,
            "text_max": TEXT_MAX,
            **_own_words(settings, language),
        },
        # What is said where no button offers a person: the machine knows these words.
        words={**WORDS[language], "call": label_of("person", language)},
    )


def _own_words(settings: ChatSettings, language: str) -> dict[str, str]:
    return {
        "greeting": settings.greeting or say("greeting", language),
        "privacy_note": settings.privacy_note,
        "accent": settings.accent,
    }
