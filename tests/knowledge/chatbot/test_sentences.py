"""The chat's own words: the same in each language, and nothing is read twice."""

import re

import pytest

from ticketyard.knowledge.chatbot.estimating import estimate_minutes
from ticketyard.knowledge.chatbot.sentences import SENTENCES, label_of, say, usable_language

_NAMES = re.compile(r"{(\w+)}")


@pytest.mark.parametrize("language", SENTENCES)
def test_each_language_says_everything(language: str) -> None:
    english, theirs = SENTENCES["en"], SENTENCES[language]
    assert theirs.keys() == english.keys()
    for name, words in theirs.items():
        assert set(_NAMES.findall(words)) == set(_NAMES.findall(english[name])), name


def test_what_is_filled_in_is_not_looked_at_again() -> None:
    told = say("ticket", "en", number="{email}", email="{number}@example.com")
    assert "{email}" in told
    assert "{number}@example.com" in told


def test_every_choice_has_a_label() -> None:
    for choice in ("helped", "not_helped", "person", "ticket", "cancel", "again", "verify"):
        assert label_of(choice, "kk") != label_of(choice, "en")


@pytest.mark.parametrize(
    ("wanted", "otherwise", "language"),
    [("ru-RU", "en", "ru"), ("de", "kk", "kk"), ("", "fr", "en"), ("AR", "en", "ar")],
)
def test_an_unknown_language_is_the_company_s_or_english(
    wanted: str, otherwise: str, language: str
) -> None:
    assert usable_language(wanted, otherwise) == language


@pytest.mark.parametrize(
    ("category", "priority", "minutes"),
    [("vpn", "medium", 30), ("VPN", "low", 45), ("password_reset", "critical", 8),
     (None, "urgent", 36), ("Betrug", "high", 48)],
)  # fmt: skip
def test_how_long_it_takes(category: str | None, priority: str, minutes: int) -> None:
    assert estimate_minutes(category, priority) == minutes
