"""Pure: notifications in words, for a mail, a chat, a telephone."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

import orjson

SENTENCES = {
    "assigned": "gave you this ticket",
    "mentioned": "mentioned you",
    "commented": "wrote on your ticket",
    "sla_warned": "A promise is about to be broken",
    "sla_breached": "A promise was broken",
    "escalated": "Nobody has taken this ticket up",
    "handed_over": "Somebody in the chat asks for a person",
    "alert_storm": "An alert storm: all new alerts of its source go on this ticket",
    "mailbox_failing": "A mailbox cannot be read",
    "webhook_disabled": "A webhook was switched off",
}
# In a chat everybody reads it, so it says who is meant.
_IN_A_CHAT = {
    "assigned": "{by} gave this ticket to {to}",
    "mentioned": "{by} mentioned {to}",
    "commented": "{by} wrote on a ticket of {to}",
}
_OF_SOMEBODY = frozenset({"assigned", "mentioned", "commented"})
SMS_MAX = 300
TEST_LINE = {"kind": "test", "words": "This is a test of Ticketyard."}

Line = Mapping[str, Any]


def sentence(kind: str, by: str, to: str = "") -> str:
    """What happened, without where; to: whose notification it is, where others read it."""
    if to and kind in _IN_A_CHAT:
        return _IN_A_CHAT[kind].format(by=by or "Ticketyard", to=to)
    words = SENTENCES.get(kind, "")
    return f"{by or 'Ticketyard'} {words}" if kind in _OF_SOMEBODY else words


def one_line(line: Line) -> str:
    """One notification as one line of text."""
    what = sentence(str(line.get("kind")), str(line.get("by") or ""), str(line.get("to") or ""))
    where = f"{line['number']} {line.get('title') or ''}".strip() if line.get("number") else ""
    return " – ".join(part for part in (where, what, str(line.get("words") or "")) if part)


def and_more(more: int) -> str:
    """What is said where not all are told of."""
    return f"… and {more:,} more, on the desk." if more else ""


def subject(lines: Sequence[Line], *, more: int = 0) -> str:
    """The subject of the mail that tells of them."""
    first = lines[0]
    if len(lines) + more == 1:
        what = sentence(str(first["kind"]), str(first.get("by") or ""))
        return (
            f"{what}: {first['number']} {first.get('title', '')}" if first.get("number") else what
        )
    numbers = {line.get("number") for line in lines if line.get("number")}
    if len(numbers) == 1 and not more:
        return f"{len(lines)} notifications about {first['number']} {first.get('title', '')}"
    return f"{len(lines) + more} notifications"


def text_of(lines: Sequence[Line], *, public_url: str, more: int = 0) -> str:
    """The mail that tells of them."""
    parts = []
    for line in lines:
        link = link_to(line, public_url)
        parts.append(one_line(line) + (f"\n  {link}" if link else ""))
    if more:
        parts.append(and_more(more))
    return (
        "\n\n".join(parts)
        + "\n\n-- \nAnswer on the desk: what is written to this address does not reach the ticket.\n"
        "What you are told of is yours to choose, under Settings, Notifications."
    )


def link_to(line: Line, public_url: str) -> str:
    """Where the ticket is read, if this desk knows its own address."""
    number = line.get("number")
    return f"{public_url.rstrip('/')}/tickets/{number}" if public_url and number else ""


def slack_body(lines: Sequence[Line], *, public_url: str, more: int = 0) -> bytes:
    """For an incoming webhook of Slack and what is compatible (Mattermost, Rocket.Chat).

    `&`, `<` and `>` are the only letters with a meaning there; everything else is text.
    """
    told = []
    for line in lines:
        words = _plain_for_slack(one_line(line))
        link = link_to(line, public_url)
        told.append(f"{words} <{link}|Open>" if link else words)
    if more:
        told.append(and_more(more))
    return orjson.dumps({"text": "\n".join(told)})


def _plain_for_slack(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams_body(lines: Sequence[Line], *, public_url: str, more: int = 0) -> bytes:
    """An adaptive card for an incoming webhook of Teams (a workflow that posts to a channel)."""
    blocks = [
        {"type": "TextBlock", "wrap": True, "text": _plain_for_markdown(one_line(line))}
        for line in lines
    ]
    if more:
        blocks.append({"type": "TextBlock", "wrap": True, "text": and_more(more)})
    links = dict.fromkeys(filter(None, (link_to(line, public_url) for line in lines)))
    actions = [
        {"type": "Action.OpenUrl", "title": link.rsplit("/", 1)[-1], "url": link}
        for link in list(links)[:6]
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        **({"actions": actions} if actions else {}),
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return orjson.dumps(
        {"type": "message", "attachments": [{"contentType": kind, "content": card}]}
    )


def _plain_for_markdown(words: str) -> str:
    """A stranger's text must not become a link that looks like ours."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|<>~" else letter for letter in words)


def sms_text(lines: Sequence[Line], *, more: int = 0) -> str:
    """Short."""
    others = len(lines) - 1 + more
    end = f" (+{others} more)" if others else ""
    return one_line(lines[0])[: SMS_MAX - len(end)] + end


def sms_body(template: str, content_type: str, *, to: str, text: str) -> bytes:
    """What a gateway is sent: {{to}} and {{text}} filled in, quoted as the kind of content wants."""
    if "json" in content_type:
        quoted = {name: json.dumps(value)[1:-1] for name, value in (("to", to), ("text", text))}
    elif "form" in content_type:
        quoted = {"to": quote_plus(to), "text": quote_plus(text)}
    else:
        quoted = {"to": to, "text": text}
    filled = template
    # The text last: what stands in it is not looked at again.
    for name in ("to", "text"):
        filled = filled.replace("{{" + name + "}}", quoted[name])
    return filled.encode()
