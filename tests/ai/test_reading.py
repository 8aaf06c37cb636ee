"""Phrases, feeling and gist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.ai.phrases import PhraseTable, plain_words
from ticketyard.ai.sentiment import read_sentiment
from ticketyard.ai.summary import MAX_CHARACTERS, find_reasons, summarize


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("не работа*", "Не работает!", ["не работает"]),
        ("не работа*", "неработающий", []),
        ("app ~ crash*", "The app just keeps crashing", ["app just keeps crashing"]),
        ("app ~ crash*", "The app on my old phone at home crashed", []),
        ("down", "download the file", []),
        ("cant log in", "I can’t log in", ["cant log in"]),
        ("еще", "ещё", ["еще"]),
        ("up ~ in", "up", []),
    ],
)
def test_a_phrase_is_found_as_whole_words(phrase: str, text: str, expected: list[str]) -> None:
    hits = PhraseTable({phrase: 1.0}).find(plain_words(text))
    assert [hit.words for hit in hits] == expected


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Не приходит смс с кодом при входе.", "neutral"),
        ("Как открыть счёт ребёнку?", "neutral"),
        ("Ужасное обслуживание, никто не отвечает!!!", "negative"),
        ("Большое спасибо, всё отлично работает", "positive"),
        ("Бұл масқара ғой, ешкім жауап бермейді!", "negative"),
        ("Көп рахмет, бәрі керемет", "positive"),
        ("This is not great and I am frustrated", "negative"),
        ("No problem at all", "neutral"),
        ("Thank you so much, excellent help", "positive"),
        ("", "neutral"),
    ],
)
def test_feeling_is_told_from_fault(text: str, label: str) -> None:
    assert read_sentiment(text).label == label


def test_a_summary_leaves_courtesy_out_and_keeps_the_matter() -> None:
    letter = (
        "Уважаемая компания!\nМеня зовут Иван. Вчера со счёта списали 50 000 тенге без моего "
        "ведома. Погода хорошая. Прошу вернуть деньги и объяснить списание. С уважением, Иван"
    )
    summary = summarize(letter)
    assert "списали 50 000 тенге" in summary
    assert "Прошу вернуть деньги" in summary
    assert "Погода" not in summary
    assert "уважением" not in summary


@given(st.text(max_size=3000))
def test_a_summary_of_anything_is_short_and_feeling_stays_in_bounds(text: str) -> None:
    assert len(summarize(text)) <= MAX_CHARACTERS + 1
    feeling = read_sentiment(text)
    assert -1 <= feeling.score <= 1
    assert 0 <= feeling.confidence <= 1


def test_a_summary_names_the_words_its_sentences_were_taken_for() -> None:
    text = (
        "Hello. The weather was nice today. The scanner jams again and again. I cleaned the scanner"
        " twice. Please repair the scanner. Thank you."
    )
    summary = summarize(text)
    assert "scanner" in find_reasons(text, summary)
    assert "weather" not in find_reasons(text, summary)
    assert find_reasons("", "") == ()
