"""Our own messages, the nasty ones first: what a person would see in each."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ticketyard.mail.message import Mail
from ticketyard.mail.reading import read_mail

MESSAGES = Path(__file__).parent / "messages"


def read(name: str) -> Mail:
    return read_mail((MESSAGES / f"{name}.eml").read_bytes())


def names(mail: Mail) -> list[str]:
    return [file.name for file in mail.files]


def test_letters_cut_in_two_are_one_again() -> None:
    mail = read("split-letters")
    assert mail.sender is not None
    assert (mail.sender.name, mail.sender.email) == ("Ивая Петров", "ivan@example.com")
    assert mail.subject == "Принтер no. 7"
    assert [each.name for each in mail.to] == ["Desk, First", "Müller, Bo"]
    assert mail.date is not None
    assert mail.date.isoformat() == "2025-12-15T09:00:00+00:00"
    assert "subject’s letters" in mail.body_text


def test_raw_cyrillic_is_read_without_any_label() -> None:
    mail = read("raw-cyrillic-headers")
    assert mail.sender is not None
    assert mail.sender.name == "Рита Серикова"
    assert mail.subject == "Не работает принтер на втором этаже"
    assert mail.body_text.strip() == "Здравствуйте! Принтер не печатает, помогите пожалуйста."


def test_a_label_that_lies_is_not_believed() -> None:
    assert read("label-that-lies").body_text.strip() == "Die Rechnung über 5 € fehlt."


def test_headers_go_on_behind_lines_that_lost_their_fold() -> None:
    mail = read("lost-folds")
    assert (mail.subject, mail.body_text.strip()) == ("Lost folds", "Still read.")


def test_an_inner_part_ends_where_the_outer_goes_on() -> None:
    mail = read("inner-part-never-closed")
    assert mail.body_text.strip() == "words"
    assert names(mail) == ["plan.pdf"]
    assert mail.files[0].read() == b"%PDF-"


def test_a_boundary_that_was_not_declared_is_found() -> None:
    mail = read("boundary-nobody-knows")
    assert mail.body_text.strip() == "found"
    assert names(mail) == ["a.csv"]
    assert mail.problems == ("parts: boundary guessed",)


def test_html_around_a_file_is_one_page_and_no_second_text() -> None:
    mail = read("apple-mail-with-two-texts")
    assert mail.body_text.strip() == "Before and after"
    assert "and after" in mail.body_html
    assert "bad()" not in mail.body_html
    assert ' src="https://spy' not in mail.body_html
    assert 'data-src="https://spy.example/x.gif"' in mail.body_html
    assert [(file.name, file.is_inline) for file in mail.files] == [("plan.pdf", True)]


def test_the_text_of_html_is_lines_in_its_own_charset() -> None:
    text = read("only-html").body_text
    assert text == "Заявка\n\none\ntwo <three>\n\n* a\n* b\n\nx\ny\n"


def test_files_have_the_names_their_senders_meant() -> None:
    assert names(read("names-of-files")) == [
        "Акт 7.pdf",
        "Акт.doc",
        "two words",
        'a;b "c".txt',
        "план.txt",
        "C:\\docs\\x.txt",
        "file-7.bin",
    ]


def test_a_report_keeps_what_came_back_as_files() -> None:
    mail = read("nested-and-reports")
    assert mail.body_text.strip() == "I could not deliver it."
    assert [(each.name, each.content_type) for each in mail.files] == [
        ("message-1.txt", "message/delivery-status"),
        ("Grüße.eml", "message/rfc822"),
    ]
    assert mail.bounce is not None
    assert mail.bounce.recipients == ("gone@example.com",)
    assert mail.bounce.permanent
    assert mail.bounce.original_message_id == "sent@example.com"


def test_what_is_no_message_is_text_or_nothing() -> None:
    assert "Just words." in read("no-header-at-all").body_text
    assert read("nothing-but-nul").body_text.strip() == ""
    assert read_mail(b"") == Mail()


def test_lines_of_an_old_macintosh_are_lines() -> None:
    mail = read("old-macintosh")
    assert (mail.subject, mail.body_text.split()) == ("Old lines", ["First", "Second"])


def test_a_uuencoded_file_is_a_file() -> None:
    mail = read("uuencoded")
    assert [(file.name, file.read()) for file in mail.files] == [("note.txt", b"hello")]
    assert mail.body_text.endswith("Bye.\n")


def test_a_forwarded_message_tells_who_wrote_it() -> None:
    mail = read("forward")
    assert mail.forwarded_from == mail.original_sender == "rita@customer.example"


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.eml")), ids=lambda path: path.stem)
def test_no_field_fails_in_our_own_messages(path: Path) -> None:
    assert not [each for each in read_mail(path.read_bytes()).problems if each.endswith("Error")]


SEEDS = [path.read_bytes() for path in sorted(MESSAGES.glob("*.eml"))]
SPLICES = st.sampled_from(
    [b"\r\n\r\n", b"\n", b"\x00", b"--", b"=?utf-8?B?", b"?=", b"=", b"Content-Type: ", b"multipart/",
     b"\xff\xfe", b"boundary=", b'"', b"(", b"<", b">", b"&#", b"<div>", b"begin 644 x\n", b"; name*0*="]
)  # fmt: skip


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Two messages cut anywhere and put together, with splices and changed bytes."""
    first, second = draw(st.sampled_from(SEEDS)), draw(st.sampled_from(SEEDS))
    raw = bytearray(
        first[: draw(st.integers(0, len(first)))] + second[draw(st.integers(0, len(second))) :]
    )
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        splice = draw(SPLICES | st.binary(max_size=8))
        raw[at : at + draw(st.integers(0, 20))] = splice
    return bytes(raw)


@settings(max_examples=300, deadline=1_000)
@example(raw=b"Content-Type: text/plain; charset=utf-16\n\n\xd8\x00\xd8")
@example(raw=b"Content-Type: text/plain; charset=utf-7\n\n+2AA-")
@example(raw=b"Subject: =?utf-7?Q?+2AA-?=\nDate: 1 Jan 0000 00:00 +9999\n\n")
@example(
    raw=b"Content-Type: multipart/mixed; boundary=b\n\na\x00b\n--b\nContent-Type: image/png\n\n1\n--b--"
)
@given(raw=mangled() | st.binary(max_size=400))
def test_whatever_comes_is_a_message_that_can_be_stored(raw: bytes) -> None:
    mail = read_mail(raw)
    assert not [each for each in mail.problems if each.endswith("Error")]
    for text in (mail.subject, mail.body_text, mail.body_html, mail.reply_text):
        assert "\x00" not in text
        text.encode()
    assert not set("\r\n") & set(mail.subject)
    for name, value in mail.headers:
        f"{name}{value}".encode()
        assert not set("\r\n\x00") & set(value)
    for file in mail.files:
        hashlib.sha256(file.read())
        assert file.name.encode()
        assert "\x00" not in file.name
