"""Pure: which column is which, whatever a file calls it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SPACES = re.compile(r"[\s_\u00a0]+")
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u200e\u200f\u2060")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one kind of file: our name for each, and what files call it.

    required: a file without one of these is refused as a whole, since reading on would be guessing.
    """

    aliases: Mapping[str, tuple[str, ...]]
    required: frozenset[str]
    _by_key: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, titles in self.aliases.items():
            for title in (name, *titles):
                self._by_key[header_key(title)] = name

    def name_of(self, header: str) -> str | None:
        """Our name for a header, or None when the file has a column we do not read."""
        return self._by_key.get(header_key(header))

    def title_of(self, name: str) -> str:
        """What the column is called in the files, for a message."""
        return next(iter(self.aliases[name]), name)


def header_key(header: str) -> str:
    """A header without capitals, ё, underscores and characters nobody sees."""
    plain = header.translate(_INVISIBLE).casefold().replace("ё", "е")
    return _SPACES.sub(" ", plain).strip(" \"'*:")


OFFICES = Columns(
    {
        "name": ("Офис", "Название офиса", "office", "business unit", "name"),
        "address": ("Адрес", "Адрес офиса", "office address"),
    },
    required=frozenset({"name", "address"}),
)
MANAGERS = Columns(
    {
        "name": ("ФИО", "Имя", "Менеджер", "full name", "manager", "manager name"),
        "position": ("Должность", "job title"),
        "office": ("Офис", "Бизнес-единица", "business unit", "branch"),
        "skills": ("Навыки", "skill"),
        "load": (
            "Количество обращений в работе",
            "Нагрузка",
            "current load",
            "tickets in progress",
        ),
    },
    required=frozenset({"name", "position", "office", "skills", "load"}),
)
TICKETS = Columns(
    {
        "guid": ("GUID клиента", "GUID", "client guid", "client id"),
        "gender": ("Пол клиента", "Пол", "client gender"),
        "birth_date": ("Дата рождения", "birthday", "date of birth"),
        "description": ("Описание", "Текст обращения", "text", "message"),
        "attachments": ("Вложения", "Вложение", "attachment", "files"),
        "segment": ("Сегмент клиента", "Сегмент", "client segment"),
        "country": ("Страна",),
        "region": ("Область", "Регион", "province"),
        "city": ("Населённый пункт", "Город", "settlement", "locality", "town"),
        "street": ("Улица",),
        "house": ("Дом", "house number", "building"),
    },
    required=frozenset({"guid", "description", "segment", "country", "region", "city"}),
)
