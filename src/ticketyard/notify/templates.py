"""How mail is worded: a company's own templates and signatures over the built-in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.shapes import storable
from ticketyard.notify.errors import BadTemplate, TemplateNotFound
from ticketyard.notify.events import MailTextChanged
from ticketyard.notify.filling import check_template, fill
from ticketyard.notify.models import MailSignature, MailTemplate
from ticketyard.notify.template_words import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    ON_BY_DEFAULT,
    PLACEHOLDERS,
    Words,
    words_of,
)

BODY_MAX = 20_000
SUBJECT_MAX = 300
SIGNATURE_MAX = 4_000


@dataclass(frozen=True, kw_only=True)
class Template:
    """One template as it stands now. is_own: the company wrote it."""

    name: str
    locale: str
    subject: str
    body: str
    is_active: bool
    is_own: bool

    def filled(self, values: Mapping[str, str]) -> Words:
        """Subject and text with their placeholders filled."""
        return Words(fill(self.subject, values), fill(self.body, values))


async def list_templates(session: AsyncSession) -> list[Template]:
    """Every template in every language, the company's own words where it has any."""
    rows = await session.scalars(
        select(MailTemplate).where(MailTemplate.company_id == company_of(session))
    )
    own = {(row.name, row.locale): row for row in rows}
    active = {name: _is_on(name, list(own.values())) for name in PLACEHOLDERS}
    return [
        _template(name, locale, own.get((name, locale)), active[name])
        for name in PLACEHOLDERS
        for locale in LANGUAGES
    ]


async def get_template(session: AsyncSession, name: str, locale: str) -> Template:
    """One template; of a language without words, in English. Raises TemplateNotFound."""
    if name not in PLACEHOLDERS:
        raise TemplateNotFound("There is no such template.")
    rows = list(
        await session.scalars(
            select(MailTemplate).where(
                MailTemplate.company_id == company_of(session), MailTemplate.name == name
            )
        )
    )
    locale = locale if locale in LANGUAGES else DEFAULT_LANGUAGE
    own = next((row for row in rows if row.locale == locale), None)
    return _template(name, locale, own, _is_on(name, rows))


def _is_on(name: str, rows: list[MailTemplate]) -> bool:
    """One switch for all languages of a template: its rows agree about it."""
    switches = [row.is_active for row in rows if row.name == name]
    return any(switches) if switches else ON_BY_DEFAULT[name]


def _template(name: str, locale: str, own: MailTemplate | None, active: bool) -> Template:
    words = Words(own.subject, own.body) if own else words_of(name, locale)
    return Template(
        name=name,
        locale=locale,
        subject=words.subject,
        body=words.body,
        is_active=active,
        is_own=own is not None and words != words_of(name, locale),
    )


async def save_template(
    session: AsyncSession, *, name: str, locale: str, subject: str, body: str, by: Principal
) -> Template:
    """Write a company's own words. Raises TemplateNotFound, BadTemplate."""
    present = await _editable(session, name, locale)
    subject, body = _usable(name, subject, body)
    await _store(session, name, locale, Words(subject, body), present.is_active)
    await emit(session, MailTextChanged(what=f"{name} ({locale})"), by=by)
    return await get_template(session, name, locale)


async def reset_template(
    session: AsyncSession, *, name: str, locale: str, by: Principal
) -> Template:
    """Go back to the built-in words; whether the mail is sent stays as it is."""
    present = await _editable(session, name, locale)
    await _store(session, name, locale, words_of(name, locale), present.is_active)
    await emit(session, MailTextChanged(what=f"{name} ({locale})"), by=by)
    return await get_template(session, name, locale)


async def switch_template(
    session: AsyncSession, *, name: str, is_active: bool, by: Principal
) -> None:
    """Send this mail, in any language, or do not. Raises TemplateNotFound, BadTemplate."""
    present = await _editable(session, name, DEFAULT_LANGUAGE)
    if name == "reply" and not is_active:
        raise BadTemplate("Answers are always sent; this is only how they are worded.")
    await _store(session, name, present.locale, Words(present.subject, present.body), is_active)
    await session.execute(
        update(MailTemplate)
        .where(MailTemplate.company_id == company_of(session), MailTemplate.name == name)
        .values(is_active=is_active)
    )
    await emit(session, MailTextChanged(what=f"{name} {'on' if is_active else 'off'}"), by=by)


async def _editable(session: AsyncSession, name: str, locale: str) -> Template:
    if locale not in LANGUAGES:
        raise TemplateNotFound("There are no templates in this language.")
    return await get_template(session, name, locale)


def _usable(name: str, subject: str, body: str) -> tuple[str, str]:
    subject = " ".join(str(storable(subject)).split())
    body = str(storable(body)).replace("\r\n", "\n").strip()
    if not body:
        raise BadTemplate("A template needs a text.")
    if len(body) > BODY_MAX or len(subject) > SUBJECT_MAX:
        raise BadTemplate(f"A text has {BODY_MAX:,} characters at most, a subject {SUBJECT_MAX}.")
    check_template(subject, PLACEHOLDERS[name])
    check_template(body, PLACEHOLDERS[name])
    if name == "reply" and "answer" not in body:
        raise BadTemplate("The frame of an answer needs {{answer}}.")
    return subject, body


async def _store(
    session: AsyncSession, name: str, locale: str, words: Words, is_active: bool
) -> None:
    row = {
        "company_id": company_of(session),
        "name": name,
        "locale": locale,
        "subject": words.subject,
        "body": words.body,
        "is_active": is_active,
        "updated_at": now_of(session),
    }
    key = ["company_id", "name", "locale"]
    changes = {column: value for column, value in row.items() if column not in key}
    await session.execute(
        insert(MailTemplate).values(row).on_conflict_do_update(index_elements=key, set_=changes)
    )
    session.expire_all()


# -- signatures ------------------------------------------------------------------------------------


async def find_signature(session: AsyncSession, person_id: int = 0) -> str:
    """Somebody's own signature, or the company's (person 0); empty where there is none."""
    found = await session.scalar(
        select(MailSignature.body).where(
            MailSignature.company_id == company_of(session), MailSignature.person_id == person_id
        )
    )
    return found or ""


async def signature_below(session: AsyncSession, person_id: int | None) -> str:
    """What stands below a mail of this person: their own, else the company's, else its name."""
    company_id = company_of(session)
    rows = await session.execute(
        select(MailSignature.person_id, MailSignature.body).where(
            MailSignature.company_id == company_id,
            MailSignature.person_id.in_([0, person_id or 0]),
        )
    )
    bodies = {row.person_id: row.body for row in rows}
    found = bodies.get(person_id or 0) or bodies.get(0) or await session.scalar(_COMPANY_NAME)
    return f"-- \n{found}" if found else ""


async def save_signature(
    session: AsyncSession, *, body: str, by: Principal, person_id: int = 0
) -> str:
    """Set a signature; an empty one is taken away. Raises BadTemplate."""
    clean = str(storable(body)).replace("\r\n", "\n").strip()
    if len(clean) > SIGNATURE_MAX:
        raise BadTemplate(f"A signature has {SIGNATURE_MAX:,} characters at most.")
    key = {"company_id": company_of(session), "person_id": person_id}
    if clean:
        row = {**key, "body": clean, "updated_at": func.now()}
        changes = {"body": clean, "updated_at": func.now()}
        await session.execute(
            insert(MailSignature)
            .values(row)
            .on_conflict_do_update(index_elements=list(key), set_=changes)
        )
    else:
        await session.execute(delete(MailSignature).filter_by(**key))
    if person_id == 0:
        await emit(session, MailTextChanged(what="signature"), by=by)
    return clean


_COMPANY_NAME = text("select name from company where id = current_company()")
