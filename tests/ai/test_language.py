import pytest

from ticketyard.ai.language import identify_language

COMPANY = ("ru", "kk", "en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Здравствуйте, не могу войти в приложение", "ru"),
        ("Сәлеметсіз бе, қосымша ашылмайды", "kk"),
        ("Салем, интернет жок", "kk"),
        ("Акша кашан туседи", "kk"),
        ("Мен шот аша алмаймын, комектесиниздерши", "kk"),
        ("Hello, I cannot log in to my account", "en"),
        ("Zdravstvuyte, ne mogu voyti v prilozhenie", "ru"),
        ("Salemetsizbe, menin shotym ashylmaidy", "kk"),
        ("Добрый день! Меня зовут Қасым Әлиұлы, не приходит смс код, прошу помочь", "ru"),
        ("При входе пишет: Error 500: Internal server error, try later", "ru"),
        ("не работает", "ru"),
        ("не грузится", "ru"),
        ("не болды", "kk"),
        ("I need help with Казахтелеком", "en"),
        ("Бұл не? почему деньги не пришли на счет, я жду уже неделю", "ru"),
        ("Смотрите снимок: https://example.com/very/long/english/address/page.html", "ru"),
    ],
)
def test_the_writers_language_is_known(text: str, expected: str) -> None:
    found = identify_language(text, COMPANY)
    assert found.code == expected
    assert 0 < found.confidence < 1


@pytest.mark.parametrize("text", ["", "   ", "👍", "12345", "!!!", "\x00"])
def test_without_a_letter_the_default_is_taken_and_said_to_be_a_guess(text: str) -> None:
    found = identify_language(text, COMPANY)
    assert (found.code, found.confidence) == ("ru", 0.0)


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("Hej, min printer virker ikke", ("en", "da"), "da"),
        ("Hi, the printer is broken again", ("da", "en"), "en"),
        ("Доброго дня, не можу увійти до кабінету", ("uk", "ru", "en"), "uk"),
        ("Nothing but English here", ("ru",), "ru"),
        ("الطابعة لا تعمل", ("en", "ru", "ar"), "ar"),
        ("الطابعة لا تعمل", ("en", "ru"), "en"),
    ],
)
def test_only_the_companys_languages_are_answered(
    text: str, languages: tuple[str, ...], expected: str
) -> None:
    assert identify_language(text, languages).code == expected


def test_a_megabyte_is_read_no_slower_than_its_start() -> None:
    assert identify_language("не работает приложение " * 50_000, COMPANY).code == "ru"


@pytest.mark.parametrize(
    ("text", "code", "evidence"),
    [
        ("Не могу войти в приложение, оно не работает", "ru", "не"),
        ("Қолданба ашылмай тұр, көмектесіңіз", "kk", "қолданба"),
        ("The printer on our floor is out of paper", "en", "the"),
        ("12345", COMPANY[0], None),
    ],
)
def test_the_words_that_gave_it_away_are_named(text: str, code: str, evidence: str | None) -> None:
    found = identify_language(text, COMPANY)
    assert found.code == code
    assert (evidence in found.evidence) if evidence else found.evidence == ()
    assert len(found.evidence) <= 4
