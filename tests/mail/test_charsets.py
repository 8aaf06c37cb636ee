"""Bytes become text whatever their label says."""

import pytest

from ticketyard.mail.syntax.charsets import codec_of, decode_text

LABELS = [
    ("utf-8", "utf-8"), ("UTF8", "utf-8"), ('"utf-8"', "utf-8"), ("x-utf-8", "utf-8"), ("us-ascii", "ascii"),
    ("ISO-8859-1", "cp1252"), ("iso8859_1", "cp1252"), ("latin1", "cp1252"), ("iso_8859-15", "iso8859-15"),
    ("cp-1251", "cp1251"), ("win-1251", "cp1251"), ("x-cp1250", "cp1250"), ("windows1252", "cp1252"),
    ("gb2312", "gb18030"), ("GBK", "gb18030"), ("ks_c_5601-1987", "cp949"), ("x-sjis", "cp932"),
    ("Shift_JIS", "cp932"), ("iso-2022-jp", "iso2022_jp_ext"), ("tis-620", "cp874"), ("koi8", "koi8-r"),
    ("", ""), ("none", ""), ("8bit", ""), ("x-user-defined", ""), ("rot13", ""), ("base64", ""), ("zip", ""),
    ("idna", ""), ("unicode_escape", ""), ("no such thing", ""), ("../../etc/passwd", ""), ("a" * 1000, ""),
    ("utf-8;format=flowed", "utf-8"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "codec"), LABELS)
def test_a_label_means_a_codec(label: str, codec: str) -> None:
    assert codec_of(label) == codec


WESTERN = "a long text with one “quoted” word" + " and more" * 20
RUSSIAN = "Здравствуйте, принтер не печатает"


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        ("é".encode(), "iso-8859-1", "é"),
        ("é".encode(), "us-ascii", "é"),
        ("Привет".encode(), "windows-1251", "Привет"),
        ("é".encode(), "no-such-charset", "é"),
        ("un café".encode("latin-1"), "utf-8", "un café"),
        ("“quoted”".encode("cp1252"), "iso-8859-1", "“quoted”"),
        ("Привет".encode("cp1251"), "cp1251", "Привет"),
        ("日本".encode("iso2022_jp"), "", "日本"),
        ("日本".encode("cp932"), "iso-2022-jp", "日本"),
        ("鎔".encode("gb18030"), "gb2312", "鎔"),
        (b"\xff\xfea\x00b\x00", "", "ab"),
        (b"\xef\xbb\xbfabc", "", "abc"),
        (b"a long text with one \xe2\x82 cut letter" + b" and more" * 20, "utf-8", None),
        (b"a long text with one \x93quoted\x94 word" + b" and more" * 20, "utf-8", WESTERN),
        (b"a long text with one \x93quoted\x94 word" + b" and more" * 20, "", WESTERN),
        ("Здравствуйте, принтер не печатает".encode("cp1251"), "us-ascii", RUSSIAN),
        (b"", "utf-16", ""),
    ],
)
def test_the_label_is_believed_only_where_it_can_be_true(
    data: bytes, label: str, text: str | None
) -> None:
    found = decode_text(data, label)
    assert found == text if text is not None else found.startswith("a long text with one \ufffd")


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", "Не работает принтер в кабинете 12"),
        ("cp1251", "СРОЧНО"),
        ("koi8-r", "привет"),
        ("cp866", "Привет, не работает принтер"),
        ("cp1253", "Ο εκτυπωτής δεν λειτουργεί"),
        ("cp1255", "המדפסת לא עובדת"),
        ("cp1256", "الطابعة لا تعمل"),
        ("gb18030", "您好，发票"),
        ("gb18030", "打印机坏了"),
        ("big5", "轉發：整體提升企業服務水平"),
        ("cp932", "お問い合わせありがとうございます"),
        ("euc_jp", "日本語メールのテスト"),
        ("cp949", "프린터가 작동하지 않습니다"),
        ("cp1252", "Élégibilité"),
        ("cp1252", "Fußgängerübergänge"),
    ],
)
def test_without_a_label_the_letters_tell(codec: str, text: str) -> None:
    assert decode_text(text.encode(codec)) == text
