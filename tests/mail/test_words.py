"""What a header says, however it is written."""

import pytest

from ticketyard.mail.syntax.words import decode_words, header_text

CASES = [
    (b"plain words", "plain words"),
    (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    (b"=?UTF-8?q?a?= =?UTF-8?q?b?=", "ab"),
    (b"=?UTF-8?q?a?=\r\n\t=?UTF-8?B?Yg==?=", "ab"),
    (b"=?UTF-8?q?a?= and =?UTF-8?q?b?=", "a and b"),
    (b"x=?UTF-8?q?a?=y", "xay"),
    (b"=?UTF-8?B?4oKs?= =?iso-8859-15?Q?=A4?=", "€€"),
    (b"=?UTF-8?Q?=E2=82?= =?UTF-8?Q?=AC?=", "€"),
    (b"=?UTF-8?B?4oI=?= =?UTF-8?B?rA==?=", "€"),
    (b"=?UTF-8?B?4o?= =?UTF-8?B?Ks?=", "€"),
    (b"=?UTF-8?Q?with space and_line?=", "with space and line"),
    (b"=?UTF-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    (b"=?utf8?Q?=C3=A9?=", "é"),
    (b"=?x-unknown?Q?=C3=A9?=", "é"),
    (b"=?us-ascii?Q?=C3=A9?=", "é"),
    (b"=?gb2312?B?zOHQ0Q==?=", "提醒"),
    (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
    (b"=?ISO-2022-JP?B?g2WDWINn?=", "テスト"),
    (b"=?utf-8?Q?50=_off?=", "50= off"),
    (b"=?utf-8?Q?a=?= b", "a= b"),
    (b"=?utf-8?Q?what=3F?=", "what?"),
    (b"=?utf-8?Q?what??=", "what?"),
    (b"=?utf-8?Q?cut off", "cut off"),
    (b"=?utf-8?B?Zm9vYmFy", "foobar"),
    (b"=?utf-8?X?no?=", "=?utf-8?X?no?="),
    (b"a =? b ?=", "a =? b ?="),
    ("Grüße".encode(), "Grüße"),
    ("Grüße".encode("latin-1"), "Grüße"),
    ("Сергей не может войти".encode("koi8-r"), "Сергей не может войти"),
    ("转发：整体提升企业服务水平".encode("gb2312"), "转发：整体提升企业服务水平"),
    (b"a\r\nBcc: thief@example.com", "a Bcc: thief@example.com"),
    (b"=?utf-8?Q?a=0D=0ABcc=3A_x?=", "a Bcc: x"),
    (b"a\x00b", "a b"),
    (b"", ""),
]


@pytest.mark.parametrize(("raw", "expected"), CASES)
def test_a_header_is_read(raw: bytes, expected: str) -> None:
    assert header_text(raw) == expected


def test_raw_letters_take_the_charset_of_the_message() -> None:
    assert header_text("Łódź ćma".encode("iso-8859-2"), "iso-8859-2") == "Łódź ćma"


def test_nothing_hides_in_control_signs() -> None:
    assert decode_words("a\x1b[31mb\x7fc") == "a [31mb c"
