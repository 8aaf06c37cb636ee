"""Pure: the built-in words of mail out, in four languages; a company may write its own."""

from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = {"en": "English", "da": "Dansk", "de": "Deutsch", "ru": "Русский"}
DEFAULT_LANGUAGE = "en"

_COMMON = frozenset(
    {"ticket_number", "ticket_title", "requester_name", "company_name", "signature"}
)
PLACEHOLDERS: Final[dict[str, frozenset[str]]] = {
    "acknowledgement": _COMMON,
    "reply": _COMMON | {"answer", "agent_name", "quote", "files_left_out"},
    "resolved": _COMMON | {"resolution"},
}
# What happens without a company's own decision.
ON_BY_DEFAULT: Final = {"acknowledgement": True, "reply": True, "resolved": False}


@dataclass(frozen=True)
class Words:
    """One template: a subject (empty for a reply, which continues the thread's) and a text."""

    subject: str
    body: str


WORDS: Final[dict[tuple[str, str], Words]] = {
    ("acknowledgement", "en"): Words(
        "{{ticket_title}}",
        "Hello {{requester_name}},\n\n"
        "thank you for writing to us. Your request has the number {{ticket_number}}; somebody will"
        " look at it and answer you.\n\n"
        "To add anything, simply reply to this mail.\n\n"
        "{{signature}}",
    ),
    ("acknowledgement", "da"): Words(
        "{{ticket_title}}",
        "Hej {{requester_name}}\n\n"
        "Tak for din henvendelse. Den har fået nummer {{ticket_number}}, og du hører fra os.\n\n"
        "Har du noget at tilføje, så svar blot på denne mail.\n\n"
        "{{signature}}",
    ),
    ("acknowledgement", "de"): Words(
        "{{ticket_title}}",
        "Guten Tag {{requester_name}},\n\n"
        "vielen Dank für Ihre Nachricht. Ihre Anfrage hat die Nummer {{ticket_number}}; wir sehen"
        " sie uns an und antworten Ihnen.\n\n"
        "Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.\n\n"
        "{{signature}}",
    ),
    ("acknowledgement", "ru"): Words(
        "{{ticket_title}}",
        "Здравствуйте, {{requester_name}}!\n\n"
        "Спасибо за обращение. Ему присвоен номер {{ticket_number}}; мы рассмотрим его и ответим"
        " вам.\n\n"
        "Чтобы что-то добавить, просто ответьте на это письмо.\n\n"
        "{{signature}}",
    ),
    ("resolved", "en"): Words(
        "{{ticket_title}}",
        "Hello {{requester_name}},\n\n"
        "your request {{ticket_number}} is resolved.\n\n"
        "{{resolution}}\n\n"
        "If it is not, reply to this mail and we take it up again.\n\n"
        "{{signature}}",
    ),
    ("resolved", "da"): Words(
        "{{ticket_title}}",
        "Hej {{requester_name}}\n\n"
        "Din henvendelse {{ticket_number}} er løst.\n\n"
        "{{resolution}}\n\n"
        "Er den ikke det, så svar på denne mail, og vi tager den op igen.\n\n"
        "{{signature}}",
    ),
    ("resolved", "de"): Words(
        "{{ticket_title}}",
        "Guten Tag {{requester_name}},\n\n"
        "Ihre Anfrage {{ticket_number}} ist gelöst.\n\n"
        "{{resolution}}\n\n"
        "Falls nicht, antworten Sie auf diese E-Mail; wir nehmen die Anfrage wieder auf.\n\n"
        "{{signature}}",
    ),
    ("resolved", "ru"): Words(
        "{{ticket_title}}",
        "Здравствуйте, {{requester_name}}!\n\n"
        "Ваше обращение {{ticket_number}} решено.\n\n"
        "{{resolution}}\n\n"
        "Если это не так, ответьте на это письмо, и мы продолжим работу.\n\n"
        "{{signature}}",
    ),
    **{
        ("reply", language): Words("", "{{answer}}\n\n{{files_left_out}}\n\n{{signature}}")
        for language in LANGUAGES
    },
}

# Above a quote: the day, and who wrote it.
WROTE: Final = {
    "en": "On {day}, {name} wrote:",
    "da": "Den {day} skrev {name}:",
    "de": "Am {day} schrieb {name}:",
    "ru": "{day} {name} пишет:",
}
# Files that are too large for mail; their names follow.
LEFT_OUT: Final = {
    "en": "Too large to be sent by mail; you find them on your ticket:",
    "da": "For store til at sende pr. mail; du finder dem på din sag:",
    "de": "Zu groß für eine E-Mail; Sie finden sie bei Ihrer Anfrage:",
    "ru": "Слишком большие для письма; они приложены к вашему обращению:",
}


def words_of(name: str, language: str) -> Words:
    """The built-in words; English where there are none in this language. KeyError for a name that
    no template has."""
    return WORDS.get((name, language)) or WORDS[name, DEFAULT_LANGUAGE]
