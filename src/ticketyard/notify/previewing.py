"""Pure: what a template looks like filled in, with a ticket that could be one."""

from ticketyard.notify.errors import BadTemplate
from ticketyard.notify.filling import check_template, fill
from ticketyard.notify.template_words import LEFT_OUT, PLACEHOLDERS, WROTE, Words

_NUMBER = "TKT-20251215-001"


def preview(
    name: str, locale: str, words: Words, *, company: str, signature: str = ""
) -> tuple[Words, str]:
    """The mail as its reader would see it, and what is wrong with the template, if anything."""
    values = {
        "ticket_number": _NUMBER,
        "ticket_title": "Printer on fire",
        "requester_name": "Rita Requester",
        "company_name": company,
        "signature": signature or f"-- \n{company}",
        "agent_name": "Ana Agent",
        "answer": "Have you tried turning it off and on again?",
        "quote": f"{WROTE[locale].format(day='2025-12-15', name='Rita Requester')}\n> It burns.",
        "files_left_out": f"{LEFT_OUT[locale]}\n* drawing.pdf",
        "resolution": "The printer was replaced.",
    }
    shown = Words(fill(words.subject, values), fill(words.body, values))
    try:
        check_template(words.subject, PLACEHOLDERS[name])
        check_template(words.body, PLACEHOLDERS[name])
    except BadTemplate as refusal:
        return shown, refusal.detail
    return shown, ""
