"""Small talk is answered as such; a question never is, however politely it begins."""

import pytest

from ticketyard.knowledge.chatting.wording import REPLIES, find_small_talk, is_only, reply_to


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("hi", "greeting"),
        ("Hello there!", "greeting"),
        ("Good morning everyone", "greeting"),
        ("Добрый день!", "greeting"),
        ("Сәлеметсіз бе", "greeting"),
        ("السلام عليكم", "greeting"),
        ("hello, thanks", "thanks"),
        ("Thank you very much for your help!", "thanks"),
        ("спасибо большое", "thanks"),
        ("bye", "farewell"),
        ("ok, got it", "acknowledgement"),
        ("Hi, who are you?", "identity"),
        ("are you a bot?", "identity"),
        ("как дела?", "wellbeing"),
    ],
)
def test_small_talk_is_known(message: str, kind: str) -> None:
    assert find_small_talk(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        "",
        "?!",
        "Hi, my VPN is broken",
        "thanks but it still fails",
        "ok and how do I reset it",
        "hello " * 20,
        "password",
        "and you",
        "Здравствуйте, не работает принтер",
    ],
)
def test_what_says_anything_else_is_none(message: str) -> None:
    assert find_small_talk(message) is None


@pytest.mark.parametrize(
    ("message", "section"),
    [
        ("yes, it works now", "yes"),
        ("Да, помогло", "yes"),
        ("no", "no"),
        ("didn't help", "no"),
        ("human please", "person"),
        ("позовите оператора", "person"),
    ],
)
def test_an_answer_to_did_it_help_is_known(message: str, section: str) -> None:
    assert is_only([section], message)


def test_no_means_no_even_beside_a_word_of_yes() -> None:
    assert not is_only(["yes"], "it still doesn't work")
    assert not is_only(["yes"], "yes but now the printer fails")


def test_a_reply_is_in_the_writers_language_or_in_english() -> None:
    assert reply_to("greeting", "ru").startswith("Здравствуйте")
    assert reply_to("greeting", "da") == REPLIES["greeting"]["en"]
    assert {frozenset(each) for each in REPLIES.values()} == {frozenset({"en", "ru", "kk", "ar"})}
