"""The rules on letters and requests of our own, written apart from the word lists' making."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.ai.embedding import NoEmbedder
from ticketyard.ai.sentiment import read_sentiment
from ticketyard.tickets.categorizing import IT_CATEGORIES
from ticketyard.triage.coldstart import (
    APP_BROKEN,
    CLAIM,
    COMPLAINT,
    CONSULTATION,
    DATA_CHANGE,
    FRAUD,
    LETTER_CATEGORIES,
    SPAM,
    Reading,
    categorize,
)
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Profile
from ticketyard.triage.preparing import TicketText

LETTERS = [
    ("Добрый день! С сегодняшнего утра приложение вылетает сразу после ввода пароля.", APP_BROKEN),
    ("Не могу зайти в личный кабинет, код по смс так и не приходит", APP_BROKEN),
    ("Мой аккаунт заблокирован, помогите восстановить доступ", APP_BROKEN),
    ("После обновления кнопка «Купить» не нажимается", APP_BROKEN),
    ("Қосымшаға кіре алмай отырмын, код келмейді", APP_BROKEN),
    ("Приложение ашылмай тур, не истейм", APP_BROKEN),
    ("The app crashes every time I open the portfolio tab", APP_BROKEN),
    ("I am locked out, the verification code never arrives", APP_BROKEN),
    ("Прошу изменить номер телефона в моём профиле, старый больше не мой", DATA_CHANGE),
    ("Сменила фамилию после свадьбы, как внести новые данные?", DATA_CHANGE),
    ("Получил новое удостоверение личности, нужно обновить документ у вас", DATA_CHANGE),
    ("Телефон нөмірімді ауыстыруым керек", DATA_CHANGE),
    ("Мекенжайым өзгерді, жаңарту керек", DATA_CHANGE),
    ("Please update my phone number, I have a new one", DATA_CHANGE),
    ("My surname changed after marriage, I need to update my personal data", DATA_CHANGE),
    ("Мошенники взломали мой счёт и вывели все деньги, помогите!", FRAUD),
    ("Позвонили, представились вашим сотрудником, я продиктовал код, и деньги ушли", FRAUD),
    ("С моего счёта списали 200 000 без моего ведома, эту операцию я не совершал", FRAUD),
    ("Алаяқтар шотымдағы ақшамды ұрлап кетті", FRAUD),
    ("Someone hacked my account and sold my shares without my consent", FRAUD),
    ("I was scammed by a person pretending to be your manager", FRAUD),
    ("Требую вернуть комиссию 15 000 тенге и компенсировать убытки", CLAIM),
    ("Направляю досудебную претензию: верните мои деньги, иначе обращусь в суд", CLAIM),
    ("Ақшамды қайтарып беріңіз, шығынымды өтеуді талап етемін", CLAIM),
    ("I demand a refund of the fee you charged me twice", CLAIM),
    ("You must compensate me for the loss your outage caused", CLAIM),
    ("Отвратительное обслуживание, менеджер нахамил и бросил трубку", COMPLAINT),
    ("Третью неделю никто не отвечает на мои обращения, сколько можно ждать", COMPLAINT),
    ("Хочу пожаловаться на сотрудника отделения в Астане, разговаривал грубо", COMPLAINT),
    ("Қызметкерлеріңіз дөрекі сөйлейді, көңілім толмайды", COMPLAINT),
    ("Your support is terrible, nobody replies to my messages", COMPLAINT),
    ("Подскажите, как открыть инвестиционный счёт для ребёнка?", CONSULTATION),
    ("Какая комиссия за вывод долларов на карту другого банка?", CONSULTATION),
    ("Когда будут выплачены дивиденды по акциям?", CONSULTATION),
    ("Шот ашу үшін қандай құжаттар керек?", CONSULTATION),
    ("How do I open an account for my daughter?", CONSULTATION),
    ("Could you please explain what the custody fee is?", CONSULTATION),
    ("Предлагаем услуги по созданию сайтов и продвижению, скидка 30% до конца месяца", SPAM),
    ("Вы выиграли приз! Переходите по ссылке, чтобы получить", SPAM),
    ("Арзан бағамен тауар сатамыз, сілтемеге өтіңіз", SPAM),
    ("Our company offers SEO services to boost your website, limited time offer", SPAM),
]

REQUESTS = [
    ("Cannot connect to the VPN from home", "vpn"),
    ("Printer on floor 2 is jammed", "printer"),
    ("Forgot my password", "password_reset"),
    ("Wifi is very slow in meeting room 4", "network"),
    ("Outlook does not send attachments", "email"),
    ("Laptop will not turn on, battery light blinks", "hardware"),
    ("Excel crashes when I open a macro", "software"),
    ("Need access to the finance shared folder", "access_control"),
    ("New employee starts on Monday, please create an account", "account_management"),
    ("Принтер не печатает, застряла бумага", "printer"),
    ("Забыл пароль от учётной записи", "password_reset"),
    ("Не работает интернет в кабинете", "network"),
    ("Нет доступа к общей папке бухгалтерии", "access_control"),
    ("Min adgangskode er udløbet, nulstil min adgangskode", "password_reset"),
    ("Интернет жоқ, желі істемейді", "network"),
]


@pytest.mark.parametrize(("letter", "expected"), LETTERS)
def test_a_letter_is_filed_and_sure_enough(letter: str, expected: str) -> None:
    found = categorize(Reading("", letter, read_sentiment(letter)), LETTER_CATEGORIES)
    assert found.value == expected
    assert found.confidence >= 0.4
    assert found.evidence


@pytest.mark.parametrize(("request_text", "expected"), REQUESTS)
def test_a_request_is_filed(request_text: str, expected: str) -> None:
    reading = Reading(request_text, request_text, read_sentiment(request_text))
    found = categorize(reading, IT_CATEGORIES)
    assert found.value == expected
    assert found.confidence >= 0.5


@pytest.mark.parametrize(
    ("letter", "not_expected"),
    [
        ("Вы мошенники! Уже месяц не отвечаете на мои письма, ужас!", FRAUD),
        ("Это не мошенники ли звонили от вашего имени? Как проверить номер?", CLAIM),
        ("Как оформить возврат налога по дивидендам?", CLAIM),
        ("Спасибо, отличное приложение!", APP_BROKEN),
        ("Сейчас везде скидки, а у вас комиссия растёт. Почему?", SPAM),
    ],
)
def test_words_alone_do_not_decide(letter: str, not_expected: str) -> None:
    found = categorize(Reading("", letter, read_sentiment(letter)), LETTER_CATEGORIES)
    assert found.value != not_expected


@pytest.mark.parametrize("nothing", ["", " ", "👍", "12345", "...", "\x00"])
def test_nothing_said_is_no_answer(nothing: str) -> None:
    for categories in (LETTER_CATEGORIES, IT_CATEGORIES):
        found = categorize(Reading("", nothing, read_sentiment(nothing)), categories)
        assert (found.value, found.confidence) == (None, 0.0)


def test_a_category_without_rules_is_known_by_its_name() -> None:
    text = "When will my parcel delivery arrive?"
    found = categorize(
        Reading(text, text, read_sentiment(text)), ["parcel_delivery", "gift_wrapping"]
    )
    assert found.value == "parcel_delivery"


@given(
    text=st.text(max_size=400),
    categories=st.lists(
        st.sampled_from([*LETTER_CATEGORIES, *IT_CATEGORIES, "x", "parcel"]), unique=True
    ),
)
def test_only_the_companys_own_categories_are_answered(text: str, categories: list[str]) -> None:
    profile = Profile(1, dict.fromkeys(categories, ""), ("ru", "kk", "en"))
    (found,) = analyse([TicketText(1, text or "x", text)], profile, NoEmbedder())
    assert found.category is None or found.category in categories
    assert {name for name, _ in found.category_ranking} <= set(categories)
    assert 0 <= found.confidence <= 1
    assert 1 <= found.urgency <= 10


@pytest.mark.parametrize("name", ["IMG 0831.jpg", "screen.PNG", "zayavlenie (2).pdf"])
@pytest.mark.parametrize("languages", [("ru", "kk", "en"), ("en", "ru", "kk")])
def test_the_name_of_a_picture_is_no_language(name: str, languages: tuple[str, ...]) -> None:
    profile = Profile(1, dict.fromkeys(LETTER_CATEGORIES, ""), languages)
    [found] = analyse([TicketText(1, name, "", "VIP")], profile, NoEmbedder())
    assert (found.language, found.is_sure) == ("RU", False)
    assert name not in found.summary


def test_a_file_name_that_has_a_text_beside_it_is_read() -> None:
    assert TicketText(1, "report.pdf", "It does not open.").content.startswith("report.pdf")
    assert TicketText(1, "Where is my report.pdf? I need it.", "").content != ""
