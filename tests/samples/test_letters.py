"""The clients' letters: enough of them, all different, with the quirks of real exports."""

import re
from collections import Counter

import pytest

from ticketyard.samples.reading import (
    Letter,
    get_company,
    list_attachments,
    list_expected,
    list_letters,
    read_bytes,
)

LETTERS = list_letters()
EXPECTED = {label.guid: label for label in list_expected()}


def test_there_are_enough_letters_each_by_another_client() -> None:
    assert len(LETTERS) >= 155
    assert len({letter.guid for letter in LETTERS}) == len(LETTERS)


def test_no_two_letters_share_a_sentence() -> None:
    seen: dict[str, Letter] = {}
    for letter in LETTERS:
        for sentence in re.split(r"[.!?…\n]+", letter.description.lower()):
            words = re.findall(r"\w+", sentence)
            if len(words) < 6:
                continue
            key = " ".join(words)
            assert key not in seen, (key, letter.guid, seen[key].guid)
            seen[key] = letter


def test_segments_are_mixed_as_at_a_real_brokerage() -> None:
    count = Counter(letter.segment for letter in LETTERS)
    assert set(count) == {"Mass", "VIP", "Priority"}
    assert 0.55 < count["Mass"] / len(LETTERS) < 0.70
    assert count["VIP"] > count["Priority"] > 10


@pytest.mark.parametrize(("language", "share"), [("RU", 0.6), ("KZ", 0.2), ("ENG", 0.2)])
def test_languages_are_mixed(language: str, share: float) -> None:
    count = Counter(label.language for label in EXPECTED.values())
    assert count[language] / len(EXPECTED) == pytest.approx(share, abs=0.03)


def test_labels_are_in_step_with_the_letters() -> None:
    assert [label.guid for label in list_expected()] == [letter.guid for letter in LETTERS]
    categories = set(get_company().letter_categories)
    assert {label.category for label in EXPECTED.values()} == categories
    assert {label.sentiment for label in EXPECTED.values()} == {
        "Позитивный",
        "Нейтральный",
        "Негативный",
    }
    assert {label.language for label in EXPECTED.values()} == {"RU", "KZ", "ENG"}
    assert all(1 <= label.urgency <= 10 for label in EXPECTED.values())


def test_labels_keep_the_definitions_apart() -> None:
    for label in EXPECTED.values():
        if label.category == "Спам":
            assert label.urgency == 1
        if label.category == "Мошеннические действия":
            assert label.urgency >= 9, "only a victim's letter is fraud, and it is never calm"
        if label.category in {"Жалоба", "Претензия"}:
            assert label.sentiment == "Негативный"


def test_every_category_can_be_met() -> None:
    count = Counter(label.category for label in EXPECTED.values())
    assert count["Спам"] == 3
    assert min(count.values()) == 3
    assert sorted(count.values())[1] >= 15


def test_three_letters_are_only_a_picture() -> None:
    silent = [letter for letter in LETTERS if not letter.description]
    assert len(silent) == 3
    assert all(letter.attachment for letter in silent)
    assert {letter.guid for letter in silent} == {
        label.guid for label in EXPECTED.values() if label.seen_in == "image"
    }


def test_every_named_picture_is_there_small_and_an_image() -> None:
    pictures = list_attachments()
    named = [letter.attachment for letter in LETTERS if letter.attachment]
    assert len(named) == 5
    assert set(named) == set(pictures)
    for name, content in pictures.items():
        assert len(content) < 40_000
        magic = b"\x89PNG" if name.endswith(".png") else b"\xff\xd8\xff"
        assert content.startswith(magic)


@pytest.mark.parametrize("name", ["offices.csv", "managers.csv", "tickets.csv"])
def test_the_csv_files_start_with_a_byte_order_mark(name: str) -> None:
    assert read_bytes(name).startswith(b"\xef\xbb\xbf")


def test_quirks_of_the_file_are_kept() -> None:
    text = read_bytes("tickets.csv").decode("utf-8-sig")
    assert ",Описание ,Вложения," in text.splitlines()[0]
    assert any("\n" in letter.description for letter in LETTERS)
    assert '""' in text
    assert ",Актау ," in text
    assert ",9.0\r\n" in text
    assert re.search(r"\r\n[0-9A-F]{8}-[0-9A-F]{4}-", text)
    assert any(letter.description.startswith(">") for letter in LETTERS)
    assert any(letter.born == "31.02.1987" for letter in LETTERS)
    assert any(not letter.born for letter in LETTERS)


def test_addresses_have_the_gaps_of_real_ones() -> None:
    country = Counter(letter.country for letter in LETTERS)
    assert country[""] == 4
    assert country["Kazakhstan"] == 1
    assert country["Қазақстан"] == 1
    foreign = set(country) - {"", "Казахстан", "Kazakhstan", "Қазақстан"}
    assert sum(country[name] for name in foreign) >= 8
    assert sum(not letter.city for letter in LETTERS) >= 6
    assert sum(letter.region == "NULL" for letter in LETTERS) >= 2
    assert sum(bool(letter.city) and not letter.street for letter in LETTERS) >= 2


@pytest.mark.parametrize(
    "city",
    [
        "Almaty/Astana",
        "Shymkent / Turkestan reg.",
        "Астана / Нур-Султан",
        "Алма-Ата",
        "Целиноград",
        "Чимкент",
        "Шевченко",
        "Гурьев",
        "Усть Каменогорск",
        "Өскемен",
        "Костонай",
        "Караганга",
        "Алмта",
        "Астанa",
        "Конаев (Капчагай)",
        "с. Бишкуль",
    ],
)
def test_a_place_is_written_as_people_write_it(city: str) -> None:
    assert city in {letter.city for letter in LETTERS}


def test_aktau_comes_with_its_region_in_latin_letters() -> None:
    assert any(letter.city == "Aktau" and letter.region == "Mangystau obl." for letter in LETTERS)
