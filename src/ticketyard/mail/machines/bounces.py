"""Pure: whether a mail is a delivery report, and what it reports."""

import re
from collections.abc import Sequence

from ticketyard.mail.machines.bounce_reports import (
    RecipientReport,
    first_address,
    message_id_in,
    read_delivery_status,
)
from ticketyard.mail.machines.bounce_texts import (
    TextReport,
    addressees,
    is_bounce_opening,
    is_bounce_subject,
    is_refusal,
    is_told_by_a_machine,
    read_text_report,
)
from ticketyard.mail.message import Bounce, Mail

_GLOBAL = ("message/global", "message/global-headers")

_DAEMON = re.compile(
    r"mailer[-_.]?daemon|mdaemon|mail[-_.]?daemon|post[-_.]?master|mail[ ._-]?deliver[y ]|"
    r"system administrator|"
    r"mail administrator|microsoft (?:outlook|exchange)|mail system|the post office|"
    r"deliver[y] (?:sub)?system|"
    r"delivery status|bounce|non-?delivery|mail delivery|e500_smtp|smtp[_ ]mail[_ ]service",
    re.IGNORECASE,
)
_MAILER_DAEMON = re.compile(r"(?:^|[\s<\"])mailer[-_.]?daemon(?:@|[>\"\s]|$)", re.IGNORECASE)
_HANDED_ON = re.compile(
    r"\s{0,9}(?:(?:re|aw|sv|fw|fwd|wg|tr|rv|i|enc|vs|antw|doorst|отв|пересл)\s?[:：]\s{0,9}){1,5}",
    re.IGNORECASE,
)


def read_bounce(mail: Mail, parts: Sequence[tuple[str, str]]) -> Bounce | None:
    """What the report says, or None where the mail is no report that something came back.

    parts: (type, text) of the parts that `report_parts` finds.
    """
    reports = [
        each
        for kind, text in parts
        if kind in ("message/delivery-status", "message/global-delivery-status")
        for each in read_delivery_status(text)
    ]
    reports = reports or _wrapped_reports(mail, parts)
    if reports and all(each.is_reached for each in reports):
        return None
    failed = _failed_recipients(mail)
    if not (reports or failed or _looks_like_one(mail)):
        return None
    words = read_text_report(mail.body_text, mail.subject, own=mail.header("to"))
    back = _returned(parts)
    message_id = message_id_in(back) or words.original_message_id
    return _by_reports(reports, words, message_id) or _by_words(
        words,
        failed or words.recipients or addressees(back) or _named(mail.subject),
        message_id,
    )


def _wrapped_reports(mail: Mail, parts: Sequence[tuple[str, str]]) -> list[RecipientReport]:
    """Of a report that a gateway put into another one."""
    inside = [
        text
        for kind, text in parts
        if kind == "message/rfc822" and "message/delivery-status" in text.lower()
    ]
    if not inside or not is_bounce_subject(mail.subject) or not _looks_like_one(mail):
        return []
    return read_delivery_status(inside[0])


def _named(subject: str) -> tuple[str, ...]:
    return tuple(filter(None, [first_address(subject)]))


def _failed_recipients(mail: Mail) -> tuple[str, ...]:
    values = [value for name, value in mail.headers if name == "x-failed-recipients"]
    found = (first_address(each) for value in values for each in value.split(",")[:100])
    return tuple(dict.fromkeys(each for each in found if each))


def _looks_like_one(mail: Mail) -> bool:
    kind = mail.header("content-type").lower()
    is_report = kind.startswith("multipart/report")
    if is_report and ("delivery-status" in kind or "report-type" not in kind):
        return True
    if "feedback-report" in kind:
        return False
    by_subject = is_bounce_subject(mail.subject)
    # The text is asked only where it decides: most mail is no report, and its words cost time.
    if "disposition-notification" in kind:
        return (by_subject and is_bounce_opening(mail.body_text)) or is_refusal(mail.body_text)
    if mail.is_from_nobody or _is_daemon(mail.header("from")):
        is_named = _MAILER_DAEMON.search(mail.header("from")[:500]) is not None
        return by_subject or is_named or is_bounce_opening(mail.body_text)
    # People write about reports, answer them and hand them on: "FW: Undeliverable: Offer".
    if not by_subject or _is_handed_on(mail.subject):
        return False
    own = "" if mail.sender is None else mail.sender.email
    return is_told_by_a_machine(mail.body_text, own=own)


def _is_handed_on(subject: str) -> bool:
    prefix = _HANDED_ON.match(subject)
    return prefix is not None and is_bounce_subject(subject, begins_at=prefix.end())


def _is_daemon(sender: str) -> bool:
    return not first_address(sender) or _DAEMON.search(sender[:500]) is not None


def _returned(parts: Sequence[tuple[str, str]]) -> str:
    """The headers of the message that came back, where they are a part of their own."""
    kinds = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", *_GLOBAL)
    return next((text for kind, text in parts if kind in kinds and ":" in text), "")


def _by_reports(
    reports: Sequence[RecipientReport], words: TextReport, returned: str
) -> Bounce | None:
    missed = [each for each in reports if not each.is_reached]
    if not missed:
        return None
    addresses = tuple(dict.fromkeys(each.address for each in missed if each.address))
    first = next((each for each in missed if each.is_permanent), missed[0])
    return Bounce(
        recipients=addresses or words.recipients,
        permanent=first.is_permanent,
        status=first.status or words.status,
        diagnostic=first.diagnostic or words.diagnostic,
        original_message_id=returned,
    )


def _by_words(words: TextReport, recipients: tuple[str, ...], message_id: str) -> Bounce:
    return Bounce(
        recipients=recipients,
        permanent=not words.is_waiting and not words.status.startswith("4."),
        status=words.status,
        diagnostic=words.diagnostic,
        original_message_id=message_id,
    )
