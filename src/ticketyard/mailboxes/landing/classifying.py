"""Pure: what kind of mail it is, with a confidence, by its headers and words.

Headers come first: what machines say about their own mail can be taken at its word. Else words
decide, and the confidence is the winner's share of all that was found, counting one vote for
"somebody needs help", which is what a desk exists for, and one for not knowing. So a mail of which
nothing is known is a support request with 0.5; one plain sign makes it 0.75.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ticketyard.mail.message import Mail
from ticketyard.mailboxes.landing.label_phrases import phrases_in, words_of
from ticketyard.mailboxes.landing.words import is_only_thanks

LabelName = Literal[
    "support_request",
    "billing",
    "complaint",
    "sales",
    "feedback",
    "newsletter",
    "alert",
    "auto_reply",
    "bounce",
    "spam",
    "other",
]
LABELS: Final[tuple[str, ...]] = get_args(LabelName)
# From here on a mail is treated as spam without anybody's doing (contracts 3.2).
SPAM_FROM = 0.9

_SUBJECT_WORDS = 40
_BODY_WORDS = 160
_MOST = 0.95
_PRIOR: Mapping[str, float] = {"support_request": 1.0}
_UNKNOWN = 1.0
_SUBJECT_COUNTS = 1.25

_SAYS_YES = re.compile(r"\s*(?:yes|true|spam)\b", re.IGNORECASE)
_YES_HEADERS = (
    "x-spam-flag",
    "x-spam-status",
    "x-spam",
    "x-barracuda-spam-flag",
    "x-spam-detected",
)
_SCL_HEADERS = ("x-ms-exchange-organization-scl", "x-scl")
_SCL_SPAM = 5
_MARKED = re.compile(r"\s*(?:\*{2,}\s*spam\s*\*{2,}|\[\s*spam\s*\]|\{spam\?*\})", re.IGNORECASE)
_ROBOT_NAMES = """
    alert alerts alarm alarms alertmanager backup cron daemon donotreply grafana icinga monitor
    monitoring munin nagios noc notification notifications notify opsgenie pagerduty postmaster prtg
    root sentry statuscake uptime uptimerobot watchdog www-data zabbix
"""
_ROBOTS = frozenset(_ROBOT_NAMES.split())
_NO_REPLY = re.compile(r"(?:do)?[._-]*not?[._-]*reply", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of mail; confidence 0 to 1; evidence: the words or headers that settled it."""

    name: str
    confidence: float
    evidence: tuple[str, ...] = ()

    @property
    def is_spam(self) -> bool:
        """Sure enough to keep it from agents."""
        return self.name == "spam" and self.confidence >= SPAM_FROM


def classify(mail: Mail) -> Label:
    """The kind of a mail."""
    headers = dict(reversed(mail.headers))
    found = _spam_by_header(mail, headers) or _by_nature(mail)
    if found:
        return found
    said = _by_words(mail)
    return _by_sender(mail, headers, said) or said


def _spam_by_header(mail: Mail, headers: Mapping[str, str]) -> Label | None:
    """Any filter on the way is believed when it says spam: nobody says that of their own mail."""
    for name in _YES_HEADERS:
        if _SAYS_YES.match(headers.get(name, "")):
            return Label("spam", 0.97, (f"{name}: {headers[name].strip()[:40]}",))
    for name in _SCL_HEADERS:
        level = headers.get(name, "").strip()
        if level.isascii() and level.isdigit() and int(level[:3]) >= _SCL_SPAM:
            return Label("spam", 0.95, (f"{name}: {level[:3]}",))
    if _MARKED.match(mail.subject):
        return Label("spam", 0.92, ("marked in the subject",))
    return None


def _by_nature(mail: Mail) -> Label | None:
    """What the mail itself is, whatever it says."""
    if mail.bounce:
        return Label("bounce", 0.99, ("a delivery report",))
    if mail.is_auto_reply or mail.auto == "replied":
        return Label("auto_reply", 0.95, ("an answering machine",))
    if mail.is_feedback_report:
        return Label("other", 0.9, ("a feedback report",))
    text = mail.reply_text.strip() or mail.body_text.strip()
    if not text and not mail.subject.strip():
        return Label("other", 0.6, ("no words",)) if not mail.files else None
    if is_only_thanks(text):
        return Label("feedback", 0.9, ("only thanks",))
    return None


def _by_sender(mail: Mail, headers: Mapping[str, str], said: Label) -> Label | None:
    """Newsletters and machines, by what they say of themselves; words that ask for help speak
    against it, and a form that a person filled in comes from a machine as well."""
    asks = said.name in ("support_request", "complaint", "billing") and said.confidence >= 0.8
    if listed := _newsletter_signs(mail, headers):
        sure = round(min(0.65 + 0.1 * len(listed), _MOST), 2)
        return Label("newsletter", 0.55 if asks else sure, tuple(listed))
    if mail.reply_to and mail.sender and mail.reply_to[0].domain != mail.sender.domain:
        return None
    local = mail.sender.email.rpartition("@")[0].lower() if mail.sender else ""
    signs = _machine_signs(mail, local, said)
    if not signs or (asks and len(signs) < 2):
        return None
    return Label("alert", round(min(0.55 + sum(signs.values()), _MOST), 2), tuple(signs))


def _newsletter_signs(mail: Mail, headers: Mapping[str, str]) -> list[str]:
    """None for a group that people write to: there every mail bears the headers of a list."""
    if "list-post" in headers or "x-google-group-id" in headers:
        return []
    signs = [name for name in ("list-unsubscribe", "feedback-id") if name in headers]
    if headers.get("precedence", "").strip().lower() in ("bulk", "junk"):
        signs.append("precedence")
    if signs and "list-id" in headers:
        signs.append("list-id")
    if signs and _holds("newsletter", mail.body_text[-1500:]):
        signs.append("words of a newsletter")
    return signs


def _machine_signs(mail: Mail, local: str, said: Label) -> dict[str, float]:
    """What speaks for a machine, and how much."""
    signs = {}
    if mail.auto == "generated":
        signs["auto-submitted"] = 0.25
    if not _ROBOTS.isdisjoint(re.split(r"[._+-]", local)) or _NO_REPLY.search(local):
        signs[f"from {local[:40]}"] = 0.1
    if signs and said.name == "alert":
        signs["words of an alert"] = 0.2
    return signs


def _holds(label: str, text: str) -> bool:
    """Whether a text holds a phrase of this kind."""
    return any(each.label == label for each in phrases_in(words_of(text, _BODY_WORDS)))


def _by_words(mail: Mail) -> Label:
    scores: dict[str, float] = defaultdict(float, _PRIOR)
    evidence: dict[str, dict[str, None]] = defaultdict(dict)
    body = mail.reply_text.strip() or mail.body_text
    for text, limit, counts in (
        (mail.subject, _SUBJECT_WORDS, _SUBJECT_COUNTS),
        (body, _BODY_WORDS, 1.0),
    ):
        for phrase in phrases_in(words_of(text, limit)):
            words = str(phrase)
            if words not in evidence[phrase.label]:
                evidence[phrase.label][words] = None
                scores[phrase.label] += phrase.weight * counts
    name = max(scores, key=lambda each: scores[each])
    confidence = min(scores[name] / (sum(scores.values()) + _UNKNOWN), _MOST)
    return Label(name, round(confidence, 2), tuple(evidence[name])[:8])
