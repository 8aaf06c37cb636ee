"""What a file says of itself: its name, its kind and its first bytes."""

import io

import pytest

from tests.knowledge.documents import BOMB, MACRO, excel, ole, packed, pdf, with_part, word
from ticketyard.knowledge.reading.kinds import CannotRead, Kind
from ticketyard.knowledge.reading.sniffing import check_file

WORD, EXCEL, PDF = word("Hello"), excel(A=[["x"]]), pdf([["Hello"]])


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("a.pdf", "pdf", PDF),
        ("a.pdf", "pdf", b"\n\n" + PDF),
        ("A.DOCX", "word", WORD),
        ("a.b.xlsx", "excel", EXCEL),
        ("a.md", "markdown", b"# Hello"),
        ("a.html", "html", b"<p>Hello"),
        ("a.txt", "text", b"Hello"),
        ("a.txt", "text", "Привет".encode("utf-16")),
    ],
)
def test_a_file_of_its_kind_is_let_in(name: str, kind: Kind, content: bytes) -> None:
    check_file(name, kind, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "kind", "content", "problem"),
    [
        ("a.docx", "pdf", WORD, "wrong_extension"),
        ("a.pdf", "word", PDF, "wrong_extension"),
        ("a", "pdf", PDF, "wrong_extension"),
        ("a.exe", "text", b"x", "wrong_extension"),
        ("a.pdf", "pdf", WORD, "not_this_kind"),
        ("a.docx", "word", EXCEL, "not_this_kind"),
        ("a.xlsx", "excel", WORD, "not_this_kind"),
        ("a.docx", "word", PDF, "not_this_kind"),
        ("a.docx", "word", packed(("hello.txt", b"x")), "not_this_kind"),
        ("a.txt", "text", PDF, "not_this_kind"),
        ("a.md", "markdown", b"\x89PNG\r\n", "not_this_kind"),
        ("a.html", "html", b"a\x00b", "not_this_kind"),
        ("a.doc", "word", ole(is_encrypted=False), "old_word"),
        ("a.xls", "excel", ole(is_encrypted=False), "old_excel"),
        ("a.docx", "word", ole(is_encrypted=False), "old_word"),
        ("a.docx", "word", ole(is_encrypted=True), "encrypted"),
        ("a.xlsx", "excel", ole(is_encrypted=True), "encrypted"),
        ("a.docm", "word", with_part(WORD, "word/vbaProject.bin", MACRO), "macros"),
        ("a.docx", "word", with_part(WORD, "word/vbaProject.bin", MACRO), "macros"),
        ("a.xlsm", "excel", EXCEL, "macros"),
        ("a.xlsx", "excel", with_part(EXCEL, "xl/vbaProject.bin", MACRO), "macros"),
        ("a.pdf", "pdf", b"", "empty"),
        ("a.docx", "word", WORD[:100], "broken"),
        ("a.docx", "word", with_part(WORD, "word/media/a.xml", BOMB), "packed_too_tightly"),
        ("a.xlsx", "excel", packed(*((f"xl/{n}.xml", BOMB[:9_000_000]) for n in range(30))),
         "packed_too_tightly"),
        ("a.xlsx", "excel", packed(*((f"xl/{n}", b"") for n in range(10_001))),
         "packed_too_tightly"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_not_let_in_is_told_why(
    name: str, kind: Kind, content: bytes, problem: str
) -> None:
    with pytest.raises(CannotRead) as refusal:
        check_file(name, kind, io.BytesIO(content))

    assert refusal.value.problem == problem
