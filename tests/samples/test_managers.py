"""Offices and managers: the numbers, and who can take which letter where."""

from collections import Counter

import pytest

from ticketyard.samples.reading import (
    Manager,
    list_expected,
    list_letters,
    list_managers,
    list_offices,
    read_bytes,
)

MANAGERS = list_managers()
CHIEF = "Главный специалист"


def at(office: str, *skills: str, chief: bool = False) -> list[Manager]:
    """The managers of an office who have all the skills, and are chiefs if asked."""
    return [
        manager
        for manager in MANAGERS
        if manager.office == office
        and manager.skills.issuperset(skills)
        and (not chief or manager.position == CHIEF)
    ]


def test_fifteen_offices_have_an_address_and_people() -> None:
    offices = list_offices()
    assert len({office.name for office in offices}) == len(offices) == 15
    assert all(office.address for office in offices)
    assert sum("БЦ" in office.address and "этаж" in office.address for office in offices) >= 3
    assert {manager.office for manager in MANAGERS} == {office.name for office in offices}


def test_managers_are_spread_over_positions_skills_and_load() -> None:
    assert len({(manager.name, manager.office) for manager in MANAGERS}) == len(MANAGERS) == 51
    assert Counter(manager.position for manager in MANAGERS) == {
        "Специалист": 11,
        "Ведущий специалист": 24,
        CHIEF: 16,
    }
    assert Counter(skill for manager in MANAGERS for skill in manager.skills) == {
        "VIP": 20,
        "ENG": 33,
        "KZ": 47,
    }
    assert sum(manager.load for manager in MANAGERS) == 114
    assert {manager.load for manager in MANAGERS} == set(range(7))


def test_quirks_of_the_managers_file_are_kept() -> None:
    text = read_bytes("managers.csv").decode("utf-8-sig")
    assert "Должность ," in text.splitlines()[0]
    assert ",3.0\r\n" in text
    assert "Актау ," in text
    assert '"ENG,KZ"' in text


def test_karaganda_has_neither_vip_nor_chief() -> None:
    assert at("Караганда")
    assert not at("Караганда", "VIP")
    assert not at("Караганда", chief=True)


def test_kokshetau_has_no_chief() -> None:
    assert at("Кокшетау")
    assert not at("Кокшетау", chief=True)


@pytest.mark.parametrize("office", ["Кызылорда", "Усть-Каменогорск", "Шымкент"])
def test_the_only_chief_speaks_neither_kazakh_nor_english(office: str) -> None:
    (chief,) = at(office, chief=True)
    assert chief.skills == {"VIP"}


@pytest.mark.parametrize("language", ["RU", "KZ", "ENG"])
@pytest.mark.parametrize("vip", [False, True])
@pytest.mark.parametrize("chief", [False, True])
def test_somebody_somewhere_can_take_every_kind_of_letter(
    language: str, vip: bool, chief: bool
) -> None:
    skills = ({language} - {"RU"}) | ({"VIP"} if vip else set())
    assert any(at(office.name, *skills, chief=chief) for office in list_offices())


def test_letters_ask_for_every_mix_of_segment_and_language() -> None:
    language = {label.guid: label.language for label in list_expected()}
    asked = {(letter.segment, language[letter.guid]) for letter in list_letters()}
    assert len(asked) == 9


def test_letters_near_karaganda_force_a_fallback() -> None:
    assert any(
        letter.city.startswith("Караган") and letter.segment != "Mass" for letter in list_letters()
    )
