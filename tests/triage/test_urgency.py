import pytest

from ticketyard.ai.embedding import NoEmbedder
from ticketyard.ai.sentiment import read_sentiment
from ticketyard.triage.coldstart import (
    APP_BROKEN,
    CLAIM,
    COMPLAINT,
    CONSULTATION,
    DATA_CHANGE,
    FRAUD,
    LETTER_CATEGORIES,
    SPAM,
)
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Profile
from ticketyard.triage.preparing import TicketText, clean
from ticketyard.triage.urgency import judge_letter, judge_request, priority_of

CALM = read_sentiment("")
LETTERS = Profile(1, dict.fromkeys(LETTER_CATEGORIES, ""), ("ru", "kk", "en"))


@pytest.mark.parametrize(
    ("category", "segment", "text", "expected"),
    [
        (FRAUD, "Mass", "", 9),
        (FRAUD, "Mass", "деньги выводят прямо сейчас", 10),
        (CLAIM, "Mass", "", 8),
        (COMPLAINT, "Mass", "", 7),
        (APP_BROKEN, "Mass", "", 6),
        (APP_BROKEN, "Mass", "срочно, сегодня торги", 7),
        (DATA_CHANGE, "Mass", "", 4),
        (CONSULTATION, "Mass", "", 3),
        (None, "Mass", "", 5),
        (CONSULTATION, "Priority", "", 7),
        (CONSULTATION, "VIP", "", 8),
        (FRAUD, "VIP", "", 9),
        (CONSULTATION, "vip ", "", 8),
        (SPAM, "VIP", "срочно", 1),
        (DATA_CHANGE, None, "", 4),
    ],
)
def test_a_letter_is_as_pressing_as_its_matter_and_its_writer(
    category: str | None, segment: str | None, text: str, expected: int
) -> None:
    assert judge_letter(category, 0.8, segment, CALM, text).value == expected


@pytest.mark.parametrize(
    ("title", "tags", "text", "expected"),
    [
        ("Help with network issue", (), "Our internet is down", "medium"),
        ("URGENT: Server down!", ("critical", "server"), "", "critical"),
        ("Invoices", ("billing", "urgent"), "", "critical"),
        ("Vigtig: printer", (), "", "high"),
        ("Question about VPN", (), "", "low"),
        ("Slow download of information", (), "", "medium"),
        ("Intranet", (), "Nobody can open it, the whole office waits", "urgent"),
        ("Chair", (), "No rush, whenever you have time", "low"),
        ("Laptop", (), "I cannot work, please help immediately", "high"),
        ("Сервер упал, срочно", (), "", "critical"),
        ("Laptop", (), "", "medium"),
    ],
)
def test_words_of_the_subject_settle_the_priority_and_others_move_it(
    title: str, tags: tuple[str, ...], text: str, expected: str
) -> None:
    assert judge_request(title, tags, text, CALM).priority == expected


def test_every_urgency_has_its_priority() -> None:
    assert [priority_of(value) for value in range(1, 11)] == [
        "low", "low", "low", "medium", "medium", "high", "high", "urgent", "critical", "critical",
    ]  # fmt: skip


def test_the_recommendation_follows_the_summary() -> None:
    letter = "Здравствуйте! Мошенники вывели все деньги с моего счёта. Помогите!"
    (found,) = analyse([TicketText(1, letter, letter)], LETTERS, NoEmbedder())
    assert found.category == FRAUD
    assert found.summary.startswith("Мошенники вывели все деньги с моего счёта.")
    assert "Рекомендация: немедленно ограничить операции" in found.summary
    assert found.sentiment == "negative"


def test_a_letter_without_text_asks_for_a_person() -> None:
    (found,) = analyse([TicketText(1, "Обращение", "")], LETTERS, NoEmbedder())
    assert found.need_admin
    assert "Рекомендация: прочитать обращение" in found.summary


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<p>Hello <b>there</b></p>", "Hello  there"),
        ("<script>alert('urgent')</script>calm", "calm"),
        ("<style>p{}</style>x &amp; y", "x & y"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("see " + "QUJD" * 100 + " end", "see   end"),
        ("a\x00b\u202ec", "a b c"),
        ("", ""),
    ],
)
def test_markup_files_and_invisible_signs_are_not_read(given: str, expected: str) -> None:
    assert clean(given) == expected


def test_a_megabyte_is_cut_and_a_repeated_subject_read_once() -> None:
    assert len(TicketText(1, "log", "x y " * 300_000).content) <= 20_005
    assert TicketText(1, "The printer is…", "The printer is broken").content == (
        "The printer is broken"
    )
    assert TicketText(1, "Printer", "Blank pages").content == "Printer\nBlank pages"
