"""Places by every name people type: the gazetteer, addresses, offices."""

import pytest

from ticketyard.routing.addresses import (
    Address,
    clean_address,
    client_questions,
    is_abroad,
    locate_client,
    locate_office,
    office_questions,
)
from ticketyard.routing.gazetteer import Nowhere, Spot, kazakhstan
from ticketyard.routing.spelling import spelling_key, typos_between


@pytest.mark.parametrize(
    ("city", "region", "name", "how"),
    [
        ("Алматы", "", "Алматы", "exact"),
        ("г. Алматы", "Алматинская", "Алматы", "exact"),
        ("Алма-Ата", "", "Алматы", "exact"),
        ("ASTANA", "NULL", "Астана", "exact"),
        ("Нур-Султан", "", "Астана", "exact"),
        ("Нурсултан", "", "Астана", "exact"),
        ("Целиноград", "", "Астана", "exact"),
        ("Астана / Нур-Султан", "", "Астана", "exact"),
        ("Гурьев", "", "Атырау", "exact"),
        ("Чимкент", "", "Шымкент", "exact"),
        ("Семипалатинск", "ВКО", "Семей", "exact"),
        ("Qaraghandy", "", "Караганда", "exact"),
        ("Қарағанды", "", "Караганда", "exact"),
        ("Өскемен", "ШҚО", "Усть-Каменогорск", "exact"),
        ("Косшы", "Акмолинская область", "Косшы", "exact"),
        ("Қосшы қ.", "", "Косшы", "exact"),
        ("Каскелен", "Алматинская обл.", "Каскелен", "exact"),
        ("Отеген батыр", "", "Отеген батыр", "exact"),
        ("Shymkent / Turkestan reg.", "", "Шымкент", "exact"),
        ("Жезказган", "Карагандинская область", "Жезказган", "exact"),
        ("Абай", "Карагандинская", "Абай", "region"),
        ("Абай", "Туркестанская обл.", "Абай", "region"),
        ("Aktau", "Mangystau obl.", "Актау", "region"),
        ("Усть-Каменогрск", "", "Усть-Каменогорск", "typo"),
        ("Павладар", "", "Павлодар", "typo"),
        ("Красный Яр", "Акмолинская", "Акмолинская область", "region_centre"),
        ("", "Мангистауская", "Мангистауская область", "region_centre"),
        ("", "Mangistau oblast", "Мангистауская область", "region_centre"),
    ],
)
def test_a_place_is_found_by_what_people_call_it(
    city: str, region: str, name: str, how: str
) -> None:
    spot = kazakhstan().locate(city, region)
    assert isinstance(spot, Spot)
    assert (spot.name, spot.how) == (name, how)


@pytest.mark.parametrize(
    ("city", "region", "why"),
    [
        ("Almaty/Astana", "", "the address names Алматы and Астана"),
        ("Красный Яр", "", "the place is not one we know"),
        ("Москва", "", "the place is not one we know"),
        ("", "", "the address names no place"),
        ("NULL", "null", "the address names no place"),
        ("-", "n/a", "the address names no place"),
    ],
)
def test_what_cannot_be_placed_says_why(city: str, region: str, why: str) -> None:
    assert kazakhstan().locate(city, region) == Nowhere(why)


def test_namesakes_lie_where_their_region_says() -> None:
    karaganda = kazakhstan().locate("Абай", "Карагандинская область")
    turkistan = kazakhstan().locate("Абай", "Туркестанская область")
    assert isinstance(karaganda, Spot)
    assert isinstance(turkistan, Spot)
    assert karaganda.latitude > 49
    assert turkistan.latitude < 42


def test_a_short_name_allows_no_typo() -> None:
    assert isinstance(kazakhstan().locate("Абуй", ""), Nowhere)


@pytest.mark.parametrize(
    ("country", "abroad"),
    [
        ("", False),
        ("NULL", False),
        ("Казахстан", False),
        (" kazakhstan ", False),
        ("Қазақстан", False),
        ("KZ", False),
        ("РК", False),
        ("Казахстн", False),
        ("Россия", True),
        ("Узбекистан", True),
        ("Кыргызстан", True),
        ("Germany", True),
    ],
)
def test_only_a_named_other_country_is_abroad(country: str, abroad: bool) -> None:
    assert is_abroad(country) is abroad


def test_a_client_abroad_has_no_point_even_in_a_town_of_that_name() -> None:
    address = Address(country="Россия", city="Октябрьск")
    assert locate_client(address, kazakhstan()) == Nowhere("the client lives abroad")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("пр. Аль-Фараби, 77/7, БЦ «Орда», 7 этаж, офис 12", "пр. Аль-Фараби, 77/7"),
        ("г. Астана, ул. Кенесары 4, бизнес-центр Сарыарка, 3 floor", "г. Астана, ул. Кенесары 4"),
        ("050000, г. Алматы, ул. Абая 1 БЦ «Алатау»", "г. Алматы, ул. Абая 1"),
    ],
)
def test_floors_and_business_centres_are_taken_off(text: str, cleaned: str) -> None:
    assert clean_address(text) == cleaned


@pytest.mark.parametrize(
    ("name", "address", "town"),
    [
        ("Актау", "мкр 12, дом 3", "Актау"),
        ("Южный", "г. Шымкент, ул. Абая 5", "Шымкент"),
        ("Центр", "ул. Сатпаева 9, Павлодар", "Павлодар"),
        ("Алматы", "ул. Абая, 10", "Алматы"),
    ],
)
def test_an_office_stands_in_its_town_not_in_its_street(name: str, address: str, town: str) -> None:
    spot = locate_office(name, address, kazakhstan())
    assert isinstance(spot, Spot)
    assert spot.name == town


def test_the_map_is_asked_from_the_exact_to_the_rough() -> None:
    address = Address("Казахстан", "Акмолинская", "Красный Яр", "Мира", "7")
    assert client_questions(address) == [
        "Мира 7, Красный Яр, Акмолинская, Казахстан",
        "Красный Яр, Акмолинская, Казахстан",
    ]
    assert client_questions(Address(region="Акмолинская")) == []
    assert office_questions("Юг", "ул. Мира 7, 2 этаж") == [
        "ул. Мира 7, Юг, Казахстан",
        "Юг, Казахстан",
    ]


def test_one_key_for_all_spellings() -> None:
    same = {spelling_key(name) for name in ("Қостанай", "Костанай", "Qostanay", "Kostanai")}
    assert len(same) == 1


def test_two_swapped_letters_are_one_typo() -> None:
    assert typos_between("karaganda", "karagnada", at_most=2) == 1
    assert typos_between("karaganda", "pavlodar", at_most=2) is None
