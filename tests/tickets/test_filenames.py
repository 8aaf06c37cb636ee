import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.tickets.filenames import NAME_MAX, attachment_header, safe_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo.png", "photo.png"),
        ("Счёт за май.pdf", "Счёт за май.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/abs/path.txt", "path.txt"),
        ("a\x00b.txt", "ab.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("line\r\nbreak.txt", "line break.txt"),
        ('quo"te<.txt', "quo_te_.txt"),
        ("..", "file"),
        ("", "file"),
        (None, "file"),
        ("   .", "file"),
        ("folder/", "file"),
        ("\ud800.txt", "?.txt".replace("?", "_")),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str | None, shown: str) -> None:
    assert safe_name(name) == shown


def test_a_long_name_keeps_its_extension() -> None:
    shown = safe_name("x" * 300 + ".pdf")

    assert len(shown) == NAME_MAX
    assert shown.endswith("….pdf")


@given(st.text(max_size=400))
def test_whatever_is_sent_the_name_is_short_printable_and_no_path(name: str) -> None:
    shown = safe_name(name)

    assert 0 < len(shown) <= NAME_MAX
    assert not set(shown) & set('/\\"<>|:*?\x00\r\n\u202e')
    assert shown not in (".", "..")
    assert safe_name(shown) == shown


@given(st.text(max_size=100))
def test_a_header_is_one_line_of_ascii(name: str) -> None:
    header = attachment_header(safe_name(name))

    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="')
