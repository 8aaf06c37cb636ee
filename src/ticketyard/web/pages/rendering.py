"""Turn a template and its view model into a page."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ticketyard.web.pages import wording
from ticketyard.web.pages.texts import texts_in

WEB = Path(__file__).resolve().parent.parent
STATIC = WEB / "static"


@lru_cache(maxsize=256)
def asset(path: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for good."""
    file = STATIC / path
    if not file.exists():
        return f"/static/{path}"
    return f"/static/{path}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:10]}"


def ago(moment: datetime | None) -> Markup:
    """A <time> that shows the age and keeps the exact instant for whoever asks."""
    if moment is None:
        return Markup("–")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), wording.instant(moment), wording.age(moment, datetime.now(UTC))
    )


@lru_cache(maxsize=16)
def environment(language: str) -> Environment:
    """Autoescape everywhere; a name a view model lacks is an error, not an empty spot.

    One environment per language, so that imported macros speak it too.
    """
    texts = texts_in(language)
    env = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals.update(asset=asset, language=texts.language, t=texts.t, tn=texts.tn)
    env.filters.update(
        ago=ago,
        age=lambda moment: wording.age(moment, datetime.now(UTC)),
        category=wording.category,
        duration=wording.duration,
        initials=wording.initials,
        instant=wording.instant,
        percent=wording.percent,
        plain_name=wording.plain_name,
        short_instant=wording.short_instant,
        size=wording.size,
        status=lambda value: texts.t(wording.word(wording.STATUS, value)),
        priority=lambda value: texts.t(wording.word(wording.PRIORITY, value)),
        sentiment=lambda value: texts.t(wording.word(wording.SENTIMENT, value)),
        source=lambda value: texts.t(wording.word(wording.SOURCE, value)),
        language=lambda value: texts.t(wording.word(wording.LANGUAGE, value)),
    )
    return env


def render(template: str, *, language: str = "en", **view: object) -> str:
    """The finished HTML of a template in a language."""
    return environment(language).get_template(template).render(**view)
