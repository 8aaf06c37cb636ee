"""Which part of a message is its text, and which are files."""

import base64

import pytest

from ticketyard.mail.content.bodies import unflow
from ticketyard.mail.reading import read_mail

ICS = "Content-Type: text/calendar\n\nBEGIN"
INSIDE = "Content-Type: message/rfc822\n\nSubject: in\n\nx"
SIGNATURE = "Content-Type: application/pgp-signature\n\nsig"
TOP = "From: a@example.com\nSubject: x\n"
PNG = "Content-Type: image/png\nContent-ID: <i>\n\nPNG"


def multi(kind: str, *parts: str, boundary: str = "b") -> str:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\n\n{body}--{boundary}--\n"


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain{more}\n\n{text}"


def page(text: str) -> str:
    return f"Content-Type: text/html\n\n<p>{text}</p>"


CASES = [
    ("plain", plain("hi"), "hi", []),
    ("page", page("hi"), "hi", []),
    ("page that is called nothing", "\n<html><p>hi</p></html>", "hi", []),
    ("both", multi("alternative", plain("text"), page("page")), "text", []),
    ("both, but the text is empty", multi("alternative", plain(" "), page("page")), "page", []),
    ("texts around an image", multi("mixed", plain("one"), PNG, plain("two")), "one\n\ntwo", ["image-1.png"]),
    (
        "page alone among alternatives",
        multi("mixed", multi("alternative", page("p"), boundary="c"), plain("t")),
        "p\n\nt",
        [],
    ),
    ("page with its image", multi("related", page("hi"), PNG), "hi", ["image-1.png"]),
    ("image before its page", multi("related", PNG, page("hi")), "hi", ["image-1.png"]),
    (
        "both inside, file outside",
        multi("mixed", multi("alternative", plain("t"), page("p"), boundary="c"), PNG),
        "t",
        ["image-1.png"],
    ),
    ("named text beside", multi("mixed", plain("hi"), plain("log", "; name=a.log")), "hi", ["a.log"]),
    (
        "attached text only",
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nhi",
        "",
        ["a.txt"],
    ),
    ("invitation", multi("alternative", plain("hi"), ICS), "hi", ["text-1.ics"]),
    ("digest", multi("digest", "\nSubject: one\n\n1", "\nSubject: two\n\n2"), "", ["one.eml", "two.eml"]),
    ("message inside", multi("mixed", plain("see"), INSIDE), "see", ["in.eml"]),
    ("signed", multi("signed", plain("hi"), SIGNATURE), "hi", ["file-1.asc"]),
    ("type nobody knows", "Content-Type: plain/text\n\nhi", "hi", []),
    ("fold lost in the type", "Content-Type: text/plain;\nformat=flowed\nX-A: b\n\none \ntwo", "one two", []),
    ("no type at all", "Content-Type: text\n\nhi", "hi", []),
    ("two types", "Content-Type: text/plain\n" + multi("mixed", plain("hi")), "hi", []),
    ("words before the parts", multi("mixed", PNG).replace("\n\n", "\n\nhi\n", 1), "hi", ["image-1.png"]),
    ("boilerplate before", multi("mixed", PNG).replace("\n\n", "\n\nA MIME message\n", 1), "", ["image-1.png"]),
    ("closed and opened again", multi("mixed", plain("hi")) + "--b\n" + PNG, "hi", ["image-1.png"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "text", "files"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_text_and_the_files(message: str, text: str, files: list[str]) -> None:
    mail = read_mail((TOP + message).encode())
    assert mail.body_text.strip() == text
    assert [file.name for file in mail.files] == files


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("one \ntwo", "one two"),
        ("one\ntwo", "one\ntwo"),
        ("one \n\ntwo", "one \n\ntwo"),
        ("> one \n> two", "> one two"),
        ("> one \ntwo", "> one \ntwo"),
        (" From here", "From here"),
        ("-- \nBo", "-- \nBo"),
        (">> a\n> b\nc", ">> a\n> b\nc"),
    ],
)
def test_flowed_lines_are_joined(flowed: str, text: str) -> None:
    assert unflow(flowed) == text


def test_a_space_that_only_marks_the_flow_goes() -> None:
    assert unflow("日 \n本", delete_space=True) == "日本"


def test_parts_that_were_encoded_as_a_whole_are_parts() -> None:
    inside = base64.encodebytes(b"--b\n\nhi\n--b\nContent-Type: a/b; name=x\n\n1\n--b--\n").decode()
    encoded = "Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=b\n\n"
    mail = read_mail((TOP + encoded + inside).encode())
    assert mail.body_text.strip() == "hi"
    assert [(file.name, file.read()) for file in mail.files] == [("x", b"1")]
