"""Notifications in words, and strangers' words in them."""

import json
from typing import get_args

import pytest

from ticketyard.notify.telling.kinds import CHANNELS, KINDS
from ticketyard.notify.telling.wording import (
    SENTENCES,
    slack_body,
    sms_body,
    sms_text,
    subject,
    teams_body,
    text_of,
)
from ticketyard.web.api.notifications import Channel, Kind
from ticketyard.web.pages.notifications import CHANNEL_WORDS, KIND_WORDS

LINE = {"kind": "assigned", "number": "TKT-1", "title": "Fire", "words": "in turn", "by": "Ada"}
EVIL = {
    **LINE,
    "title": "<https://evil.example|Click> & [x](https://evil.example) *b*",
    "words": "",
}


def test_every_kind_has_its_words_everywhere() -> None:
    assert set(SENTENCES) == set(KIND_WORDS) == set(get_args(Kind)) == set(KINDS)
    assert set(CHANNEL_WORDS) == set(get_args(Channel)) == set(CHANNELS)


def test_a_mail_says_what_and_where() -> None:
    assert subject([LINE]) == "Ada gave you this ticket: TKT-1 Fire"
    assert subject([LINE, LINE]) == "2 notifications about TKT-1 Fire"
    assert subject([LINE, {**LINE, "number": "TKT-2"}]) == "2 notifications"
    said = text_of([LINE], public_url="https://desk.example/")
    assert said.startswith(
        "TKT-1 Fire – Ada gave you this ticket – in turn\n  https://desk.example/tickets/TKT-1"
    )
    assert "https" not in text_of([LINE], public_url="")


def test_a_stranger_makes_no_link_in_a_chat() -> None:
    slack = json.loads(slack_body([EVIL], public_url="https://desk.example"))["text"]
    assert "<https://evil" not in slack
    assert "&lt;https://evil.example|Click&gt; &amp;" in slack
    assert slack.endswith("<https://desk.example/tickets/TKT-1|Open>")
    card = json.loads(teams_body([EVIL], public_url="https://desk.example"))["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert "\\[x\\]\\(https" in card["content"]["body"][0]["text"]
    assert [each["url"] for each in card["content"]["actions"]] == [
        "https://desk.example/tickets/TKT-1"
    ]


@pytest.mark.parametrize(
    ("content_type", "template", "body"),
    [
        ("application/json", '{"to": "{{to}}", "t": "{{text}}"}', '{"to": "+7 1", "t": "a\\"b\\\\ {{to}}"}'),
        ("application/x-www-form-urlencoded", "to={{to}}&t={{text}}", "to=%2B7+1&t=a%22b%5C+%7B%7Bto%7D%7D"),
        ("text/plain", "{{to}}: {{text}}", '+7 1: a"b\\ {{to}}'),
    ],
)  # fmt: skip
def test_what_is_filled_in_is_quoted(content_type: str, template: str, body: str) -> None:
    assert sms_body(template, content_type, to="+7 1", text='a"b\\ {{to}}') == body.encode()


def test_an_sms_is_short() -> None:
    assert len(sms_text([{**LINE, "title": "x" * 900}] * 3)) == 300
    assert sms_text([LINE, LINE]).endswith("(+1 more)")


def test_of_more_than_are_told_it_says_how_many_in_every_channel() -> None:
    line = {"kind": "commented", "number": "T-1", "title": "Printer", "by": "Bo", "words": "hi"}

    assert subject([line, line], more=1_500) == "1502 notifications"
    assert "… and 1,500 more, on the desk." in text_of([line], public_url="", more=1_500)
    assert "… and 3 more, on the desk." in slack_body([line], public_url="", more=3).decode()
    assert "… and 3 more, on the desk." in teams_body([line], public_url="", more=3).decode()
    assert sms_text([line], more=3).endswith(" (+3 more)")
    assert "more" not in text_of([line], public_url="") + sms_text([line])
