"""Pure: bytes to text, whatever the label says, whether it lies or is missing."""

import codecs
import functools
import re

from charset_normalizer import from_bytes

from ticketyard.mail.syntax.detecting import guess_charset, looks_western, sample_of

_NAME = re.compile(r"[a-z0-9_][a-z0-9_\-:.()+]{0,40}")
_NO_NAMES = frozenset(
    {
        *("unknown", "unknown-8bit", "x-unknown", "default", "default_charset", "none", "null"),
        *("8bit", "7bit", "binary", "x-user-defined", "_autodetect", "_autodetect_all", "auto"),
        *("unicode", "undefined"),
    }
)
# What mailers call them, and the superset they mean: a label is a promise about the letters used,
# and senders use the superset of whatever they promise (WHATWG Encoding, "names and labels").
_ALIASES = {
    "us_ascii": "ascii",
    "ansi": "cp1252",
    "iso-8859-1": "cp1252",
    "iso-8859-1:1987": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "tis620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "logical": "iso8859-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "chinese": "gb18030",
    "euc-cn": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "big5-eten": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "cp950": "cp950",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ks_c_5601": "cp949",
    "ksc_5601": "cp949",
    "ksc5601": "cp949",
    "korean": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "cp943": "cp932",
    "x-euc-jp": "euc_jp",
    "eucjp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "koi8": "koi8_r",
    "koi8-ru": "koi8_u",
    "x-koi8-r": "koi8_r",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "ucs-2": "utf-16",
    "iso-10646-ucs-2": "utf-16",
}
_FORBIDDEN = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
# These write other letters in seven bits, so that bytes below 128 prove nothing.
_SEVEN_BIT = frozenset({"iso2022_jp_ext", "iso2022_jp", "iso2022_kr", "hz", "utf-7"})
_WIDE = ("utf-16", "utf-32")
_JAPANESE_SHIFT = re.compile(rb"\x1b(?:\$[@B]|\$\([@BD]|\([JI])")
_UTF_8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_DETECTABLE_BYTES = 20
_TOLERATED_SHARE = 0.02


def decode_text(data: bytes, label: str = "", hint: str = "") -> str:
    """The text of these bytes. label: the charset as written; hint: what the rest is written in."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and len(data) % 2 == 0:
        return data.decode("utf-16", "replace")
    codec = codec_of(label)
    if data.isascii() and codec not in _SEVEN_BIT and not codec.startswith(_WIDE):
        return _seven_bit(data)
    if codec == "ascii":
        # These bytes are none, so that the label says nothing.
        codec = ""
    if codec in ("", "cp1252") and (text := _strict(data, "utf-8")) is not None:
        return text
    if codec and (text := _as_labelled(data, codec)) is not None:
        return _paired(text) if codec == "utf-7" else text
    return _unlabelled(data, codec_of(hint))


def _paired(text: str) -> str:
    """UTF-7 can spell halves of letters, which nothing can store."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@functools.lru_cache(maxsize=512)
def codec_of(label: str) -> str:
    """The codec a charset label means, or nothing where it means none."""
    name = label.strip(" \t\"'<>=*").lower().partition(";")[0].partition("*")[0].strip()
    if not _NAME.fullmatch(name) or name in _NO_NAMES:
        return ""
    candidates = (name, _tidied(name))
    known = [_ALIASES[each] for each in candidates if each in _ALIASES]
    return next((found for each in [*known, *candidates] if (found := _codec(each))), "")


def _tidied(name: str) -> str:
    """`ISO8859_1`, `cp-1250`, `win1251`, `x-cp1252`, `iso-8859-15-windows`: the number is meant."""
    name = name.removeprefix("x-").removeprefix("charset=").removeprefix("cs")
    if match := re.match(r"iso[-_ ]?8859[-_ ]?(\d{1,2})(?!\d)", name):
        return f"iso-8859-{match[1]}"
    if match := re.match(
        r"(?:windows|win|cp|ibm|ms|dos|microsoft)[-_]?(?:cp)?[-_]?(\d{3,5})", name
    ):
        return f"cp{match[1]}"
    if match := re.match(r"utf[-_ ]?(7|8|16|32)(?!\d)", name):
        return f"utf-{match[1]}"
    return name.replace("_", "-")


def _codec(name: str) -> str:
    """Its one true name, where it is a codec of texts."""
    try:
        b"aaaa".decode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError, TypeError, AttributeError, ImportError):
        return ""
    return "" if found in _FORBIDDEN else found


def _seven_bit(data: bytes) -> str:
    if b"\x1b" in data and _JAPANESE_SHIFT.search(data):
        return _japanese(data)
    return data.decode("ascii")


def _japanese(data: bytes) -> str:
    others = ("iso2022_jp_2004", "iso2022_jp_3") if data.isascii() else ("utf-8", "cp932", "euc_jp")
    for codec in ("iso2022_jp_ext", *others):
        if (text := _strict(data, codec)) is not None:
            return text
    return data.decode("iso2022_jp_ext", "replace")


def _as_labelled(data: bytes, codec: str) -> str | None:
    """None where the label cannot be true."""
    if codec == "iso2022_jp_ext":
        return _japanese(data)
    text = _strict(data, codec)
    if text is not None:
        lies = _is_single_byte(codec) and (better := _strict(data, "utf-8")) is not None
        return better if lies else text
    if codec != "utf-8" and (better := _strict(data, "utf-8")) is not None:
        return better
    text = data.decode(codec, "replace")
    if codec == "utf-8":
        return text if _is_spoilt(text, data) else None
    return text if text.count("\ufffd") <= _TOLERATED_SHARE * len(text) else None


@functools.lru_cache(maxsize=256)
def _is_single_byte(codec: str) -> bool:
    return codec.startswith(
        ("cp125", "iso8859", "iso-8859", "koi8", "mac", "cp43", "cp85", "cp866")
    )


def _unlabelled(data: bytes, hint: str) -> str:
    if (text := _strict(data, "utf-8")) is not None:
        return text
    text = data.decode("utf-8", "replace")
    if _is_spoilt(text, data):
        return text
    sample = sample_of(data)
    codec = "cp1252" if looks_western(sample) else guess_charset(sample) or _detected(sample)
    for each in (hint, codec) if not codec or _is_single_byte(codec) else (codec,):
        if each and (found := _strict(data, each)) is not None:
            return found
    if codec and codec != "cp1252":
        return data.decode(codec, "replace")
    western = _strict(data, "cp1252")
    return western if western is not None else data.decode("latin-1")


def _is_spoilt(text: str, data: bytes) -> bool:
    """Whether it is UTF-8 of which a few bytes were lost, rather than letters of one byte."""
    few = text.count("\ufffd") <= _TOLERATED_SHARE * len(text)
    return few and _UTF_8_PAIR.search(data) is not None


def _detected(sample: bytes) -> str:
    """What a detector says of longer texts; only here it is worth its time."""
    if len(sample) < _DETECTABLE_BYTES:
        return ""
    best = from_bytes(sample, steps=3, chunk_size=1024).best()
    codec = best.encoding if best is not None else ""
    # Scripts of two bytes a sign do not stand in between ASCII letters.
    return codec if _is_single_byte(codec) else ""


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None
