"""Pure: to whom no mail is sent by itself, and why (RFC 3834 2)."""

import re
from collections.abc import Collection

_MACHINES = re.compile(
    r"(?:no|do[-_.]?not)[-_.]?repl(?:y|ies)|noanswer|mailer[-_.]?daemon|postmaster|"
    r"auto[-_.]?(?:reply|responder|answer|notification)|bounces?|abuse|nobody|daemon|"
    r"notifications?|mailman|majordomo|listserv|owner|root|ikke[-_.]?svar|keine[-_.]?antwort",
    re.IGNORECASE,
)
# `owner-list@`, `list-bounces@`, `bounce+tag@`, `noreply-support@`, `invoices.noreply@`.
_AROUND = re.compile(
    rf"(?:(?:{_MACHINES.pattern})(?:[-+_.=].*)?|.*[-+_.](?:no[-_.]?reply|do[-_.]?not[-_.]?reply|"
    r"bounces?|request|owner|daemon))",
    re.IGNORECASE,
)


def is_machine(email: str) -> bool:
    """Whether the address says of itself that nobody reads it."""
    return _AROUND.fullmatch(email.rpartition("@")[0].strip()) is not None


def is_own(email: str, own: Collection[str]) -> bool:
    """Whether it is one of our mailboxes, with or without a tag (`desk+tag@`). own: lower case."""
    address = email.strip().lower()
    local, _, domain = address.rpartition("@")
    return bool(address) and (address in own or f"{local.partition('+')[0]}@{domain}" in own)


def why_not(
    email: str,
    *,
    own: Collection[str],
    auto: str = "",
    is_bounce: bool = False,
    classification: str | None = None,
    is_forged: bool = False,
) -> str:
    """Why an automatic mail to this address is not sent, or nothing.

    auto, is_bounce, classification, is_forged: of the mail it would answer, if any.
    """
    if is_own(email, own):
        return "It is the address of one of our own mailboxes."
    if is_bounce:
        return "It would answer a delivery report."
    if auto:
        return "It would answer a mail that a machine sent."
    if is_forged:
        return "The mail server says that somebody else wrote in this name."
    if classification == "spam":
        return "It would answer spam."
    if is_machine(email):
        return "Nobody reads mail to this address."
    return ""
