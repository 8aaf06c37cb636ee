"""Pure: what a server's answer means for a mail, and when it is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

# RFC 5321 4.5.4.1: at least half an hour between tries, four to five days in all. The first ones
# come sooner: most trouble is a server that restarts, or a sender it does not know yet.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=4)
WORDS_MAX = 500


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a server said to one try. code: None where it said nothing.

    refused: recipients it did not take, with its code and words.  taken: whether it took the mail
    for the others.  unreachable: the trouble is the connection, so other mail need not be tried.
    final: no server will ever take it.
    """

    taken: bool
    code: int | None = None
    words: str = ""
    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    unreachable: bool = False
    final: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of the mail. state: sent, failed, or waiting for the next try."""

    state: str
    reason: str | None
    recipients: list[dict[str, Any]]


def judge(recipients: Sequence[Mapping[str, Any]], reply: Reply) -> Verdict:
    """The mail after a try. Whoever the server took is not sent to again; whom it refused for good
    (5xx) neither; the others wait."""
    after = [_marked(each, reply) for each in recipients]
    open_still = [each for each in after if not each.get("state")]
    refused = [each for each in after if each.get("state") == "refused"]
    if open_still:
        return Verdict(state="waiting", reason=_reason(reply, after), recipients=after)
    if any(each.get("state") == "taken" for each in after):
        reason = _names("Refused for", refused) if refused else None
        return Verdict(state="sent", reason=reason, recipients=after)
    return Verdict(state="failed", reason=_reason(reply, after), recipients=after)


def pending(recipients: Sequence[Mapping[str, Any]]) -> list[str]:
    """Addresses that the mail has still to be handed over for."""
    return [str(each["email"]) for each in recipients if not each.get("state")]


def wait_before(next_attempt: int) -> timedelta:
    """How long to wait before this try; the first has number 1."""
    doublings = max(0, min(next_attempt - 2, 20))
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_final(code: int | None) -> bool:
    """Whether trying again is no use (RFC 5321 4.2.1)."""
    return code is not None and 500 <= code <= 599


def shown_words(words: str) -> str:
    """A server's words on one line and of a length that can be shown."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())[
        :WORDS_MAX
    ]


def _marked(recipient: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    after = dict(recipient)
    if after.get("state"):
        return after
    if (refusal := reply.refused.get(after["email"])) is not None:
        code, words = refusal
        after["words"] = shown_words(f"{code} {words}")
        if is_final(code):
            after["state"] = "refused"
    elif reply.taken:
        after["state"] = "taken"
    elif reply.final or is_final(reply.code):
        after["state"] = "refused"
    return after


def _reason(reply: Reply, recipients: list[dict[str, Any]]) -> str:
    said = [each for each in recipients if each.get("words") and each.get("state") != "taken"]
    if reply.refused and said:
        return _names("Refused for", said)
    return shown_words(f"{reply.code or ''} {reply.words}") or "The server said nothing."


def _names(begin: str, recipients: list[dict[str, Any]]) -> str:
    told = "; ".join(f"{each['email']}: {each.get('words', '')}" for each in recipients)
    return f"{begin} {told}"[:WORDS_MAX]
