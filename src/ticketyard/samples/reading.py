"""Read the files of the sample company: its offices, people, letters and help-desk tickets.

The importer gets the CSV files as they are (`read_bytes`), quirks included. The typed readers serve
the loader, which plays the help-desk tickets, and the evaluation of triage against our own labels.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from io import StringIO
from typing import Literal, cast
from uuid import UUID

from pydantic import TypeAdapter

OFFICES = "offices.csv"
MANAGERS = "managers.csv"
LETTERS = "tickets.csv"
ATTACHMENTS = "attachments"

Action = Literal[
    "start", "comment", "note", "reply", "wait", "release", "resolve", "reopen", "close", "dismiss"
]
"""What happens to a help-desk ticket after it was opened.

reply is written by the requester, all else is done by the assignee. note is an internal comment,
wait makes the ticket pending, release gives it back to the queue, dismiss makes it a false
positive.
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A place where managers sit, with its address as somebody typed it."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Manager:
    """An agent of the sample company as the CSV file lists them."""

    name: str
    position: str
    office: str
    skills: frozenset[str]
    load: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One client's letter: cells without the spaces around them, otherwise as written."""

    guid: UUID
    gender: str
    born: str
    description: str
    attachment: str
    segment: str
    country: str
    region: str
    city: str
    street: str
    house: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a careful desk lead says a letter is; never shown to the program as truth.

    urgency: 1 to 10, how soon the lead wants it answered, knowing letter and segment: 1 nobody
    waits, 2-3 thanks or idle questions, 4-5 routine with a date, 6-7 does not work or is angry,
    8 money is claimed, 9-10 money or an account is in danger now. The floors that a segment or a
    category sets in routing are policy and not part of it.
    seen_in: "image" when only the attached picture tells, so no reader of text can be right.
    """

    guid: UUID
    category: str
    sentiment: str
    language: str
    urgency: int
    seen_in: Literal["text", "image"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a help-desk ticket, hours after it was opened."""

    action: Action
    hours_after: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class DeskTicket:
    """A ticket of the firm's own IT desk.

    body: what the endpoint is sent, byte for byte but for the API key, which travels in the header.
    hours_ago: how long before the sample is loaded it arrived.
    """

    endpoint: str
    hours_ago: float
    expected_category: str
    body: dict[str, object]
    then: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ManagerName:
    """A manager by the natural key of the CSV file."""

    name: str
    office: str


@dataclass(frozen=True, slots=True)
class Login:
    """Someone who can log in to the sample; agents are managers of the CSV file."""

    email: str
    name: str
    role: Literal["admin", "agent", "requester"]
    manager: ManagerName | None


@dataclass(frozen=True, slots=True)
class Team:
    """A group of the IT desk."""

    name: str
    category: str
    description: str
    members: tuple[ManagerName, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """Whose desk this is, and who works at it.

    letter_categories are for the clients' letters, desk_categories for the firm's own IT desk.
    """

    name: str
    latin_name: str
    domain: str
    locale: str
    time_zone: str
    letter_categories: tuple[str, ...]
    desk_categories: tuple[str, ...]
    password: str
    logins: tuple[Login, ...]
    teams: tuple[Team, ...]


def read_bytes(name: str) -> bytes:
    """A sample file as it lies in the package."""
    return resources.files("ticketyard.samples").joinpath(name).read_bytes()


def list_attachments() -> dict[str, bytes]:
    """The pictures that the letters name, by file name."""
    folder = resources.files("ticketyard.samples").joinpath(ATTACHMENTS)
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


def list_offices() -> list[Office]:
    """The fifteen offices."""
    return [Office(name=row["Офис"], address=row["Адрес"]) for row in _rows(OFFICES)]


def list_managers() -> list[Manager]:
    """Everybody who answers letters."""
    return [
        Manager(
            name=row["ФИО"],
            position=row["Должность"],
            office=row["Офис"],
            skills=frozenset(skill.strip() for skill in row["Навыки"].split(",")),
            load=int(float(row["Количество обращений в работе"])),
        )
        for row in _rows(MANAGERS)
    ]


def list_letters() -> list[Letter]:
    """The clients' letters, in the order of the file."""
    return [
        Letter(
            guid=UUID(row["GUID клиента"]),
            gender=row["Пол клиента"],
            born=row["Дата рождения"],
            description=row["Описание"],
            attachment=row["Вложения"],
            segment=row["Сегмент клиента"],
            country=row["Страна"],
            region=row["Область"],
            city=row["Населённый пункт"],
            street=row["Улица"],
            house=row["Дом"],
        )
        for row in _rows(LETTERS)
    ]


def list_expected() -> list[Expected]:
    """Our labels, one for each letter and in the same order."""
    return [
        Expected(
            guid=UUID(row["guid"]),
            category=row["category"],
            sentiment=row["sentiment"],
            language=row["language"],
            urgency=int(row["urgency"]),
            seen_in=cast(Literal["text", "image"], row["seen_in"]),
        )
        for row in _rows("expected.csv")
    ]


def list_desk_tickets() -> list[DeskTicket]:
    """The help-desk tickets, oldest first."""
    return TypeAdapter(list[DeskTicket]).validate_json(read_bytes("helpdesk.json"))


def get_company() -> Company:
    """The sample company with its log-ins and teams."""
    return TypeAdapter(Company).validate_json(read_bytes("people.json"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = StringIO(read_bytes(name).decode("utf-8-sig"), newline="")
    for row in csv.DictReader(text):
        yield {header.strip(): cell.strip() for header, cell in row.items()}
