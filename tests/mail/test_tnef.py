"""What Outlook hides in winmail.dat is unpacked, as far as it is there."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from ticketyard.mail.content.tnef import read_tnef
from ticketyard.mail.reading import read_mail

TOP = b"From: bo@example.com\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"


def attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 0, len(data)) + data + b"\0\0"


def text(number: int, value: str) -> bytes:
    data = (value + "\0").encode("utf-16-le")
    return struct.pack("<HHII", 31, number, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def properties(*values: bytes) -> bytes:
    return struct.pack("<I", len(values)) + b"".join(values)


def stream(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


NAMED = struct.pack("<HH16sIi", 3, 0x8001, b"\0" * 16, 0, 7) + struct.pack("<I", 5)
WHOLE = stream(
    attribute(1, 0x9007, struct.pack("<II", 1251, 0)),
    attribute(1, 0x9003, properties(NAMED, text(0x1000, "Текст письма"))),
    attribute(2, 0x9002, b"\0" * 14),
    attribute(2, 0x8010, "план.txt".encode("cp1251") + b"\0"),
    attribute(2, 0x800F, b"first"),
    attribute(2, 0x9002, b"\0" * 14),
    attribute(2, 0x800F, b"second"),
    attribute(2, 0x8010, b"SHORT~1.PNG\0"),
    attribute(
        2,
        0x9005,
        properties(text(0x3707, "Логотип.png"), text(0x370E, "image/png"), text(0x3712, "c@x")),
    ),
)  # fmt: skip


def test_files_and_text_come_out() -> None:
    found = read_tnef(WHOLE)
    assert found.text == "Текст письма"
    assert [(file.name, file.data) for file in found.files] == [
        ("план.txt", b"first"),
        ("Логотип.png", b"second"),
    ]
    assert (found.files[1].content_type, found.files[1].content_id) == ("image/png", "c@x")


def test_a_message_has_them_beside_winmail_dat() -> None:
    part = b"\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"
    mail = read_mail(TOP + b"See below." + part + WHOLE + b"\r\n--b--\r\n")
    assert mail.body_text.strip() == "See below."
    assert [(file.name, file.from_tnef) for file in mail.files] == [
        ("winmail.dat", False),
        ("план.txt", True),
        ("Логотип.png", True),
    ]
    assert [file.read() for file in mail.files if file.from_tnef] == [b"first", b"second"]


def test_text_that_is_only_there_is_the_text() -> None:
    part = b"\r\n--b\r\nContent-Type: application/octet-stream; name=WINMAIL.DAT\r\n\r\n"
    mail = read_mail(TOP + part + WHOLE + b"\r\n--b--\r\n")
    assert mail.body_text == "Текст письма"


@given(cut=st.integers(0, len(WHOLE)), at=st.integers(0, len(WHOLE)), splice=st.binary(max_size=6))
def test_a_mangled_one_gives_what_it_has(cut: int, at: int, splice: bytes) -> None:
    mangled = bytearray(WHOLE[:cut])
    mangled[at : at + len(splice)] = splice
    for file in read_tnef(bytes(mangled)).files:
        assert isinstance(file.data, bytes)
        assert "\0" not in file.name
