"""Pure: what may be written into an article, and said about a document."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from ticketyard.core.shapes import storable
from ticketyard.knowledge.errors import BadArticle
from ticketyard.tickets.labels import clean

Visibility = Literal["internal", "public"]
Publication = Literal["draft", "published", "archived"]

TITLE_MAX: Final = 300
BODY_MAX: Final = 50_000


@dataclass(frozen=True)
class ArticleDraft:
    """What an article is to say, and to whom."""

    title: str
    body: str
    category: str | None = None
    visibility: Visibility = "internal"

    def normal(self) -> "ArticleDraft":
        """The same, tidied. Raises BadArticle."""
        body = storable(self.body).replace("\r\n", "\n").strip()
        if not body:
            raise BadArticle("An article needs some words.")
        if len(body) > BODY_MAX:
            raise BadArticle(f"An article has {BODY_MAX:,} characters at most; divide it.")
        title = normal_title(self.title)
        return ArticleDraft(title, body, self.category or None, self.visibility)


def normal_title(title: str) -> str:
    """The title on one line. Raises BadArticle for an empty or overlong one."""
    line = " ".join(clean(title).split())
    if not line:
        raise BadArticle("It needs a title.")
    if len(line) > TITLE_MAX:
        raise BadArticle(f"A title has {TITLE_MAX} characters at most.")
    return line


def title_of_file(filename: str) -> str:
    """What a file is called where nobody says: its name without the end, in words."""
    stem = PurePosixPath(filename).stem.replace("_", " ")
    return " ".join(clean(stem).split())[:TITLE_MAX] or "Untitled"
