"""Pure: what a requester is told when a machine resolved their ticket, and what the desk reads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from ticketyard.core.shapes import storable

NAME: Final = "Automation System"
"""Who writes on tickets when no person does (contracts 1.6)."""

SOURCE: Final = "automation"
"""How its comments are marked, so that an answer of it is mailed as one of the desk."""

MESSAGE_MAX: Final = 500
DETAILS_MAX: Final = 4_000

# By the language triage found; English for all others.
_GREETING = {
    "ENG": "This was answered automatically, so that you need not wait:",
    "RU": "Этот ответ отправлен автоматически, чтобы вам не пришлось ждать:",
    "KZ": "Күтпеуіңіз үшін бұл жауап автоматты түрде жіберілді:",
    "DA": "Dette svar er sendt automatisk, så du ikke skal vente:",
    "DE": "Diese Antwort kommt automatisch, damit Sie nicht warten müssen:",
}
_REOPEN = {
    "ENG": "Does this not help? Just reply: that opens your request again, and a person takes it up.",
    "RU": "Не помогло? Просто ответьте: обращение откроется снова, и им займётся сотрудник.",
    "KZ": "Көмектеспеді ме? Жай ғана жауап жазыңыз: өтініш қайта ашылады, оны қызметкер қарайды.",
    "DA": "Hjalp det ikke? Svar blot: så åbnes din sag igen, og et menneske tager sig af den.",
    "DE": "Hilft das nicht? Antworten Sie einfach: Ihre Anfrage wird wieder geöffnet und ein Mensch"
    " kümmert sich darum.",
}
_DONE = {
    "ENG": "This has been done for you just now.",
    "RU": "Это только что сделано для вас.",
    "KZ": "Бұл сіз үшін жаңа ғана орындалды.",
    "DA": "Det er netop blevet gjort for dig.",
    "DE": "Das wurde soeben für Sie erledigt.",
}


def answer_text(
    *,
    title: str,
    description: str,
    steps: Sequence[str],
    link: str | None,
    language: str | None,
    is_done: bool = False,
) -> str:
    """The public answer: what to do, where, and how to get a person after all.

    is_done: an action did it already.
    """
    tongue = language if language in _GREETING else "ENG"
    parts = [_GREETING[tongue], title, description, _DONE[tongue] if is_done else ""]
    parts.append("\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1)))
    parts += [link or "", _REOPEN[tongue]]
    return "\n\n".join(part for part in parts if part)


def resolution_text(title: str, link: str | None) -> str:
    """How it was solved, as kept on the ticket."""
    return f"{title} ({link})" if link else title


def resolution_note(title: str, action: str, reasoning: str) -> str:
    """The internal comment when a ticket was resolved by a machine."""
    return (
        f"Resolved automatically with “{title}” ({action}).\n{reasoning}\n"
        "The requester's reply opens it again."
    )


def run_note(action: str, status: str, message: str, details: Mapping[str, Any]) -> str:
    """The internal comment when an action has ended."""
    lines = [f"Action {action}: {status}.", message]
    if details:
        lines.append(orjson.dumps(dict(details), option=orjson.OPT_INDENT_2).decode())
    return "\n".join(line for line in lines if line)


def sensible_details(value: object) -> dict[str, Any]:
    """What an action told besides, if that is an object that can be kept, of a sensible size."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:
        return {}
    if not isinstance(value, Mapping) or len(written) > DETAILS_MAX:
        return {}
    found: dict[str, Any] = storable(orjson.loads(written))
    return found
