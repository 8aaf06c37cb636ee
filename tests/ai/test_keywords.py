import pytest

from ticketyard.ai.keywords import MAX_KEYWORDS, find_keywords


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("The printer on floor 3 is jammed. The printer beeps.", "printer"),
        ("Please reset my password, the password is forgotten", "password"),
        ("Принтер не печатает, принтер на третьем этаже", "принтер"),
        ("VPN down. VPN does not connect", "VPN"),
    ],
)
def test_what_a_text_returns_to_comes_first(text: str, first: str) -> None:
    assert find_keywords(text)[0] == first


def test_words_of_one_stem_are_one_keyword() -> None:
    assert find_keywords("printing printer printers printed") == ("printer", "printing")


@pytest.mark.parametrize("text", ["", "👍", "the and of it", "12 34 56", "\u200b\u200e", "?!…"])
def test_a_text_without_words_that_mean_something_has_none(text: str) -> None:
    assert find_keywords(text) == ()


def test_there_are_never_more_than_eight_however_long_the_text() -> None:
    text = " ".join(f"w{chr(97 + i % 26)}{chr(97 + i // 26)}rd" for i in range(600)) * 200
    assert len(find_keywords(text)) == MAX_KEYWORDS
