"""Pure: the kinds of documents, what their files are called, and why one cannot be read."""

from pathlib import PurePosixPath
from typing import Final, Literal, get_args

Kind = Literal["pdf", "word", "excel", "markdown", "html", "text"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

EXTENSIONS: Final[dict[Kind, tuple[str, ...]]] = {
    "pdf": (".pdf",),
    "word": (".docx", ".doc"),
    "excel": (".xlsx", ".xls"),
    "markdown": (".md", ".markdown"),
    "html": (".html", ".htm"),
    "text": (".txt", ".text", ".log"),
}
CONTENT_TYPES: Final[dict[Kind, str]] = {
    "pdf": "application/pdf",
    "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "markdown": "text/markdown",
    "html": "text/html",
    "text": "text/plain",
}

Problem = Literal[
    "wrong_extension", "not_this_kind", "old_word", "old_excel", "macros", "encrypted", "broken",
    "empty", "no_text", "too_long", "packed_too_tightly", "took_too_long", "needs_too_much",
    "reader_died", "bytes_missing", "not_indexed",
]  # fmt: skip
# What a person is told; of what a stranger's file says, nothing.
SENTENCES: Final[dict[Problem, str]] = {
    "wrong_extension": "The name of this file ends otherwise than that of a file of its kind.",
    "not_this_kind": "What is in this file is not of the kind that its name says.",
    "old_word": "Files of Word 97 to 2003 (.doc) are not read; save it as .docx and send that.",
    "old_excel": "Files of Excel 97 to 2003 (.xls) are not read; save it as .xlsx and send that.",
    "macros": "Files with macros are not taken; save it without them, as .docx or .xlsx.",
    "encrypted": "This file is locked with a password; save it without one and send that.",
    "broken": "This file is damaged and cannot be read; save it anew and send that.",
    "empty": "This file is empty.",
    "no_text": "There is no text in this file; if it holds scanned pages, have their text recognised first.",
    "too_long": "This file is too long to be read; divide it into parts.",
    "packed_too_tightly": "This file unpacks to far more than a document does, and was not opened.",
    "took_too_long": "Reading this file took too long and was given up; divide it into parts.",
    "needs_too_much": "Reading this file needs more memory than it is given; divide it into parts.",
    "reader_died": "Whatever read this file broke off each time; save it anew and send that.",
    "bytes_missing": "The storage does not hold this file any more; send it again.",
    "not_indexed": "This was read, but could not be made findable; the operator's log says why.",
}

_MACROS = frozenset({".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".xlsb"})
_OLD: Final[dict[str, Problem]] = {
    ".doc": "old_word",
    ".dot": "old_word",
    ".xls": "old_excel",
    ".xlt": "old_excel",
}


class CannotRead(Exception):
    """This file will never be read as it is; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


def extension_of(filename: str) -> str:
    """The end of its name from the last dot on, in lower case."""
    return PurePosixPath(filename.replace("\\", "/")).suffix.lower()


def kind_of_name(filename: str) -> Kind | None:
    """The kind that a name's end says."""
    extension = extension_of(filename)
    return next((kind for kind in KINDS if extension in EXTENSIONS[kind]), None)


def check_name(filename: str, kind: Kind) -> None:
    """Raises CannotRead where the name belongs to another kind, or to one that is not read."""
    extension = extension_of(filename)
    if extension in _MACROS:
        raise CannotRead("macros")
    if extension not in EXTENSIONS[kind]:
        raise CannotRead("wrong_extension")
    if extension in _OLD:
        raise CannotRead(_OLD[extension])
