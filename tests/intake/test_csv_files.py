"""CSV files as offices, banks and spreadsheets really save them."""

import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from ticketyard.intake.sources.csv_mapping import (
    BadMapping,
    mapped_rows,
    open_mapped,
    parse_mapping,
    short_title,
)
from ticketyard.intake.sources.csv_problems import PROBLEMS_KEPT, Problems
from ticketyard.intake.sources.csv_values import (
    parse_birth_date,
    parse_count,
    parse_guid,
    parse_house,
    parse_list,
)
from ticketyard.intake.sources.upload import (
    agent_rows,
    office_rows,
    open_managers,
    open_offices,
    open_tickets_file,
    ticket_rows,
)

TODAY = date(2026, 1, 1)
GUID = "5f1c0c9e-0000-4000-8000-00000000000"
HEADER = (
    "GUID клиента,Пол клиента,Дата рождения,Описание ,Вложения,Сегмент клиента,"
    "Страна,Область,Населённый пункт,Улица,Дом"
)


def offices(data: bytes) -> tuple[list[tuple[str, str]], Problems]:
    problems = Problems()
    table = open_offices(io.BytesIO(data), "offices.csv", problems)
    return [(row.name, row.address) for row in office_rows(table)] if table else [], problems


def tickets(data: bytes) -> tuple[list[Any], Problems]:
    problems = Problems()
    table = open_tickets_file(io.BytesIO(data), "tickets.csv", problems)
    return list(ticket_rows(table, TODAY)) if table else [], problems


def line(n: int, **cells: str) -> str:
    given = {"guid": GUID + str(n), "born": "1990-05-17 00:00", "text": f"Письмо {n}", "file": "",
             "segment": "Mass", "house": "9.0", "city": "Алматы"} | cells  # fmt: skip
    return (
        f"{given['guid']},Мужской,{given['born']},{given['text']},{given['file']},"
        f"{given['segment']},Казахстан,Алматинская,{given['city']},Абая,{given['house']}"
    )


PLAIN = 'Офис,Адрес\nАстана,ул. Мира 1\nАлматы,"пр. Абая 2, БЦ «Юг»"\n'


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("cp1251"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: ("sep=,\n\n" + text).encode(),
        lambda text: (
            text.replace("Офис,Адрес", " офис , АДРЕС\u00a0").replace("1\n", "1,,\n").encode()
        ),
    ],
    ids=["utf-8", "bom", "cp1251", "utf-16", "utf-16 bare", "crlf", "hint", "spaces"],
)
def test_the_same_rows_whatever_program_saved_them(encode: Callable[[str], bytes]) -> None:
    found, problems = offices(encode(PLAIN))
    assert found == [("Астана", "ул. Мира 1"), ("Алматы", "пр. Абая 2, БЦ «Юг»")]
    assert len(problems) == 0


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found_by_the_header(delimiter: str) -> None:
    data = f"Офис{delimiter}Адрес\nАстана{delimiter}ул. Мира, 1\n".encode()
    assert offices(data)[0] == [("Астана", "ул. Мира, 1")]


def test_a_windows_letter_after_a_megabyte_of_latin_is_still_found() -> None:
    data = b"office,address\n" + b"Office,Street\n" + b"\n" * 1_200_000
    assert offices(data + "Юг,Улица\n".encode("cp1251"))[0][-1] == ("Юг", "Улица")


def test_one_broken_byte_spoils_its_own_row_only() -> None:
    data = PLAIN.encode() + b"\xd0,x\n" + "Тараз,ул. Толе би 3\n".encode()
    found, problems = offices(data)
    assert ("Тараз", "ул. Толе би 3") in found
    assert [(p.line, p.effect) for p in problems] == [(4, "noted")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n\n  \n", "the file is empty"),
        (b"PK\x03\x04....", "this is an Excel workbook; save it as CSV first"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200) + b"\xff" * 100, None),
        ("Офис\nАстана\n".encode(), "no such column; there are: Офис"),
        ("Офис,Адрес,Офис\n".encode(), "this column stands in the header twice"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_whole(data: bytes, reason: str | None) -> None:
    found, problems = offices(data)
    assert found == []
    assert problems.refused
    assert reason is None or problems.kept[0].reason == reason


def test_the_real_headers_with_stray_spaces_and_both_spellings_are_known() -> None:
    data = (HEADER.replace("Населённый", "Населенный") + "\n" + line(1) + "\n").encode()
    [ticket], problems = tickets(data)
    assert (ticket.city, ticket.house, ticket.segment) == ("Алматы", "9", "Mass")
    assert ticket.birth_date == date(1990, 5, 17)
    assert len(problems) == 0


def test_each_fault_names_file_line_column_and_reason() -> None:
    text = "\n".join(
        [
            HEADER,
            line(1, text='"Первая строка\nвторая, с запятой"'),
            line(2, guid="42"),
            line(3, born="вчера"),
            line(1),
            line(4, segment="Gold"),
            line(5, text=""),
            line(6, text="", file="photo.jpg"),
            "слишком,мало",
        ]
    )
    found, problems = tickets(text.encode())
    assert [row.line for row in found] == [2, 5, 7, 8, 9]
    assert found[0].description == "Первая строка\nвторая, с запятой"
    assert [(p.line, p.column, p.reason, p.effect) for p in problems] == [
        (4, "GUID клиента", "this is no GUID", "row skipped"),
        (5, "Дата рождения", "this is no date of birth", "value left empty"),
        (6, "GUID клиента", "the same as line 2", "row skipped"),
        (7, "Сегмент клиента", "not one of Mass, VIP, Priority; kept as written", "noted"),
        (8, "Описание", "no text and no attachment", "noted"),
        (10, None, "2 cells where the header has 11", "row skipped"),
    ]
    assert str(problems.kept[0]) == (
        "tickets.csv, line 4, column “GUID клиента”: this is no GUID (row skipped)"
    )


def test_an_agent_needs_name_office_and_a_number() -> None:
    problems = Problems()
    text = (
        "ФИО,Должность ,Офис,Навыки,Количество обращений в работе\n"
        'Ана,Специалист,Астана,"vip, kz ,VIP",9.0\n'
        "Бо,,Астана,,\n"
        ",Специалист,Астана,,1\n"
        "Во,Специалист,Астана,,много\n"
        "ана,Специалист,астана,,2\n"
    )
    table = open_managers(io.BytesIO(text.encode()), "m.csv", problems)
    assert table is not None
    found = [(row.name, row.skills, row.load) for row in agent_rows(table)]
    assert found == [("Ана", ("VIP", "KZ"), 9), ("Бо", (), 0)]
    assert [p.line for p in problems] == [4, 5, 6]


def test_a_lost_quote_costs_some_rows_not_the_file() -> None:
    text = 'Офис,Адрес\nА,"никогда\n' + "Б,ул. Мира 1\n" * 20_000 + "Конец,Адрес\n"
    found, problems = offices(text.encode())
    assert found[-1] == ("Конец", "Адрес")
    assert any("a quote opened here is not closed" in p.reason for p in problems)


def test_faults_without_end_are_counted_and_not_kept() -> None:
    text = "Офис,Адрес\n" + "x\n" * 5_000
    _, problems = offices(text.encode())
    assert len(problems) == 5_000
    assert len(list(problems)) == PROBLEMS_KEPT


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990-05-17", date(1990, 5, 17)),
        ("1990-05-17 00:00", date(1990, 5, 17)),
        ("1990-05-17T10:20:30", date(1990, 5, 17)),
        ("17.05.1990", date(1990, 5, 17)),
        ("1890-01-01", None),
        ("2190-01-01", None),
        ("31.02.1990", None),
    ],
)
def test_dates_of_birth(text: str, day: date | None) -> None:
    assert parse_birth_date(text, TODAY) == day


def test_small_values() -> None:
    assert [parse_count(t) for t in ("9", "9.0", "9,00", "-1", "9.5", "x", "")] == [
        9, 9, 9, None, None, None, None
    ]  # fmt: skip
    assert [parse_house(t) for t in ("9.0", "9а", "NULL", "12/3")] == ["9", "9а", "", "12/3"]
    assert parse_list("a, b;a\nc") == ("a", "b", "c")
    assert parse_guid("{" + GUID + "1}") == parse_guid(GUID.upper() + "1")
    assert parse_guid(GUID.replace("-", "") + "1") is None


def mapped(text: str, mapping: str) -> tuple[list[Any], Problems]:
    problems = Problems()
    table = open_mapped(io.BytesIO(text.encode()), "any.csv", parse_mapping(mapping), problems)
    return list(mapped_rows(table)) if table else [], problems


def test_any_table_becomes_tickets_by_a_mapping() -> None:
    text = "text,label,nr\nWhere is my card?,card_arrival,1\n"
    [row], _ = mapped(text, "title=text,category=label")
    assert (row.title, row.description) == ("Where is my card?", "Where is my card?")
    assert row.category == "card_arrival"
    assert row.identity.startswith("row:")
    [named], _ = mapped(text, "description=text,identity=nr")
    assert named.identity == "1"


def test_the_same_identity_twice_is_reported() -> None:
    rows, problems = mapped("nr,text\n1,A\n2,B\n1,C\n", "title=text,identity=nr")
    assert [row.title for row in rows] == ["A", "B"]
    assert [str(p) for p in problems] == ["any.csv, line 4: the same as line 2 (row skipped)"]


def test_two_customers_may_say_the_same() -> None:
    rows, problems = mapped("text\nA\nB\nA\n", "title=text")
    again, _ = mapped("text\nA\nB\nA\n", "title=text")
    assert [row.title for row in rows] == ["A", "B", "A"]
    assert len({row.identity for row in rows}) == 3
    assert [row.identity for row in again] == [row.identity for row in rows]
    assert len(problems) == 0


def test_a_mapping_to_a_missing_column_refuses_the_file() -> None:
    rows, problems = mapped("text\nA\n", "title=body")
    assert rows == []
    assert problems.refused[0].column == "body"


@pytest.mark.parametrize("text", ["title", "titel=x", "category=x", "title=a,title=b", ""])
def test_a_mapping_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(BadMapping):
        parse_mapping(text)


def test_a_long_text_gives_a_short_title() -> None:
    assert short_title("\n Первая строка \nвторая") == "Первая строка"
    long = short_title("слово " * 40)
    assert len(long) <= 100
    assert long.endswith("слово…")


def lines_of(count: int) -> Iterator[bytes]:
    yield (HEADER + "\n").encode()
    for n in range(count):
        yield (line(n % 10, guid=f"5f1c0c9e-0000-4000-8000-{n:012d}") + "\n").encode()


def test_many_rows_stream() -> None:
    found, problems = tickets(b"".join(lines_of(3_000)))
    assert len(found) == 3_000
    assert len(problems) == 0
