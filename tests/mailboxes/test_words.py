"""Hashtags, words of priority, and thanks (spec 3, contracts 3.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.mailboxes.landing.words import TAGS_MAX, hashtags, is_only_thanks, priority_words


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("We need help with #billing #urgent issue", ["billing", "urgent"]),
        ("Production server is down #critical #server", ["critical", "server"]),
        ("#Printer, again #PRINTER!", ["printer"]),
        ("#it is too short, #abc is not", ["abc"]),
        ("#spørgsmål til #økonomi", ["spørgsmål", "økonomi"]),
        ("colour #ff0000 and #0af0 and #123456", []),
        ("but #facade and #decade are words", ["facade", "decade"]),
        ("https://example.com/page#section www.example.com/#other", []),
        ("ticket#1234 no#tag &#8217;", []),
        ("#12345 #2024-01", []),
        ("(#vpn) \"#wifi\" #wi-fi", ["vpn", "wifi", "wi-fi"]),
        (" ".join(f"#tag{n:02}" for n in range(30)), [f"tag{n:02}" for n in range(TAGS_MAX)]),
        ("", []),
    ],
)  # fmt: skip
def test_hashtags_of_a_text(text: str, tags: list[str]) -> None:
    assert hashtags(text) == tags


@pytest.mark.parametrize(
    ("subject", "tags", "priority"),
    [
        ("Help with network issue", [], "normal"),
        ("URGENT: Server down!", ["critical", "server"], "critical"),
        ("Printer", ["urgent"], "critical"),
        ("Serveren er nede", [], "critical"),
        ("Det haster", [], "high"),
        ("HØJ prioritet", [], "high"),
        ("Et spørgsmål", [], "low"),
        ("Slow downloads, information wanted", [], "normal"),
        ("Info: important", [], "high"),
        ("question: is it critical?", [], "critical"),
        ("", [], "normal"),
    ],
)
def test_the_priority_that_subject_and_tags_name(
    subject: str, tags: list[str], priority: str
) -> None:
    assert priority_words(subject, tags)[0] == priority


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Thank you very much, it works now.",
        "Thanks, issue is resolved now",
        "Mange tak for hjælpen",
        "Vielen Dank, das Problem ist behoben",
        "Спасибо, проблема решена!",
        "thx, no more problems",
    ],
)
def test_only_thanks(text: str) -> None:
    assert is_only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It works now.",
        "Thanks, but it is still broken",
        "Thank you. When will it be fixed?",
        "Tak, men det virker stadig ikke",
        "Danke, aber es geht noch nicht",
        "Спасибо, но опять не работает",
        "Thanks. Please send the invoice as well.",
        "Thanks! " + "One more story about the printer. " * 10,
    ],
)
def test_more_than_thanks(text: str) -> None:
    assert not is_only_thanks(text)


@given(st.text(max_size=2_000))
def test_any_text_can_be_read(text: str) -> None:
    tags = hashtags(text)

    assert len(tags) <= TAGS_MAX
    assert all(len(tag) >= 3 and tag == tag.lower() for tag in tags)
    is_only_thanks(text)
    priority_words(text, tags)
