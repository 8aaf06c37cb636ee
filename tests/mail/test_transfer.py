"""Transfer encodings are undone, also where somebody broke them."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.mail.syntax.transfer import decoded, kind_of


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("base64", "base64"),
        ("BASE64 ", "base64"),
        ('"base64"', "base64"),
        ("base64;", "base64"),
        ("Quoted-Printable", "quoted-printable"),
        ("quoted_printable", "quoted-printable"),
        ("x-uuencode", "uuencode"),
        ("7bit", ""),
        ("binary", ""),
        ("no such", ""),
        ("", ""),
    ],
)
def test_an_encoding_is_known(written: str, kind: str) -> None:
    assert kind_of(written) == kind


@pytest.mark.parametrize(
    ("encoding", "data", "content"),
    [
        ("base64", b"aGVsbG8=", b"hello"),
        ("base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        ("base64", b"aGVsbG8", b"hello"),
        ("base64", b"aGVsb", b"hel"),
        ("base64", b"a*G!V s b G 8 =", b"hello"),
        ("base64", b"aGVsbG8=aGVsbG8=", b"hellohello"),
        ("base64", b"====", b""),
        ("base64", b"", b""),
        ("quoted-printable", b"a=3Db=\r\nc", b"a=bc"),
        ("quoted-printable", b"a=  \r\nb", b"ab"),
        ("quoted-printable", b"a=ZZ=", b"a=ZZ"),
        ("quoted-printable", b"a==b===c", b"a==b===c"),
        ("quoted-printable", b"=c3=A9", b"\xc3\xa9"),
        ("x-uuencode", b"begin 644 a\n%:&5L;&\\ \n`\nend\n", b"hello"),
        ("uuencode", b"\xff\xff", b""),
        ("8bit", b"\xff=41", b"\xff=41"),
    ],
)
def test_the_content_comes_out(encoding: str, data: bytes, content: bytes) -> None:
    assert decoded(data, encoding) == content


@given(content=st.binary(max_size=300), before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_what_was_encoded_rightly_comes_out_wherever_it_lies(
    content: bytes, before: bytes, after: bytes
) -> None:
    for encoding, written in (
        ("base64", base64.encodebytes(content)),
        ("quoted-printable", binascii.b2a_qp(content, istext=False)),
        ("7bit", content),
    ):
        raw = before + written + after
        assert decoded(raw, encoding, len(before), len(before) + len(written)) == content


def test_a_large_content_is_decoded_in_slices() -> None:
    line = b"Gr=C3=BC=C3=9Fe = und so weiter\r\n"
    whole = decoded(line * 60_000, "quoted-printable")
    assert whole == "Grüße = und so weiter\r\n".encode() * 60_000
    letters = base64.b64encode(b"hello!") * 200_000 + b"="
    assert decoded(letters + b"*" + letters, "base64") == b"hello!" * 400_000
