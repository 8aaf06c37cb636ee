"""Pure: guesses the charset of short unlabelled bytes, where detectors made for pages fail.

An alphabet is told by its frequent letters and by capitals standing where capitals stand; a script
of two bytes a sign by the rows its everyday signs lie in.
"""

import re
from dataclasses import dataclass

SAMPLE_BYTES = 6_000

_BEYOND = re.compile(rb"[\x80-\xff]+")
_ALONE = re.compile(rb"(?<![\x80-\xff])[\xc0-\xff](?![\x80-\xff])")
_WORD = re.compile(r"[^\W\d_]+")
_PUNCTUATION = frozenset("“”„’‘–—…«»№°€§·•™®©\xa0")
_ENOUGH = 0.6
# What the frequent letters make up of a text in their language.
_USUAL_SHARE = 0.65
_PAIRS_COUNT_FOR = 0.95
_THAI_COUNTS_FOR = 0.85


@dataclass(frozen=True, slots=True)
class _Alphabet:
    codec: str
    frequent: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A script of two bytes a sign; `everyday` matches the signs people use, with punctuation."""

    codec: str
    everyday: re.Pattern[bytes]


_ALPHABETS = (
    _Alphabet("cp1251", frozenset("оеаинтсрвлкмдпуіәы")),
    _Alphabet("koi8_u", frozenset("оеаинтсрвлкмдпуі")),
    _Alphabet("cp1253", frozenset("αοιετσνηυρπκάόίέήςώμλ")),
    _Alphabet("cp1255", frozenset("יוהלאמרתשבנםעד")),
    _Alphabet("cp1256", frozenset("اليمنورتبةعدسفه")),
    _Alphabet("cp874", frozenset("านรอกเงมยลวดทสตะปบคหแจพชไขใิี่้ัุ์")),
    _Alphabet("cp866", frozenset("оеаинтсрвлкмдпу")),
)
_PAIRS = (
    _Pairs("euc_jp", re.compile(rb"[\xa4\xa5][\xa1-\xf6]|\xa1[\xa1-\xfe]")),
    _Pairs("cp932", re.compile(rb"\x82[\x4f-\xf1]|\x83[\x40-\x96]|\x81[\x40-\xac]")),
    _Pairs("cp949", re.compile(rb"[\xb0-\xc8][\xa1-\xfe]|[\xa1\xa2][\xa1-\xfe]")),
    _Pairs("gb18030", re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")),
    _Pairs("big5hkscs", re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|[\xa1-\xa3][\x40-\xfe]")),
)
# In Japanese two signs of three are kana or punctuation; the others are the rows of kanji.
_KANJI = {
    "euc_jp": re.compile(rb"[\xb0-\xcf][\xa1-\xfe]"),
    "cp932": re.compile(rb"[\x88-\x97][\x40-\xfc]"),
}


def sample_of(data: bytes) -> bytes:
    """A stretch with letters beyond ASCII in it."""
    beyond = _BEYOND.search(data)
    start = max(0, beyond.start() - 200) if beyond else 0
    return data[start : start + SAMPLE_BYTES]


def looks_western(sample: bytes) -> bool:
    """Letters beyond ASCII stand alone in words of ASCII letters: ä in Käse, é in café."""
    beyond = sum(map(len, _BEYOND.findall(sample)))
    return len(_ALONE.findall(sample)) >= beyond * 0.6 and beyond < len(sample) * 0.4


def guess_charset(sample: bytes) -> str:
    """The most likely charset of these bytes, or nothing where none stands out."""
    scores = {each.codec: _alphabet_score(each, sample) for each in _ALPHABETS}
    scores |= {each.codec: _pairs_score(each, sample) for each in _PAIRS}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] >= _ENOUGH else ""


def _alphabet_score(alphabet: _Alphabet, sample: bytes) -> float:
    text = sample.decode(alphabet.codec, "replace")
    if alphabet.codec == "cp874":
        # Half of its signs are marks, no letters, and half of all bytes are one of them.
        return _THAI_COUNTS_FOR * _thai_share(text, alphabet.frequent)
    letters = frequent = other = 0
    for word in _WORD.findall(text):
        if word.isascii():
            continue
        if any(sign.isascii() for sign in word) or not _has_usual_case(word):
            other += len(word)
            continue
        letters += len(word)
        frequent += sum(sign in alphabet.frequent for sign in word.lower())
    other += sum(
        1 for sign in text if not sign.isascii() and not sign.isalpha() and sign not in _PUNCTUATION
    )
    share = frequent / (letters + 2 * other) if letters else 0.0
    return min(1.0, share / _USUAL_SHARE)


def _thai_share(text: str, frequent: frozenset[str]) -> float:
    signs = sum(not sign.isascii() for sign in text)
    if not signs or "\ufffd" in text:
        return 0.0
    return min(1.0, sum(sign in frequent for sign in text) / signs / _USUAL_SHARE)


def _has_usual_case(word: str) -> bool:
    return word.islower() or word.isupper() or word[1:].islower() or word.lower() == word


def _pairs_score(pairs: _Pairs, sample: bytes) -> float:
    beyond = sum(map(len, _BEYOND.findall(sample)))
    try:
        (sample[:-1] if len(sample) == SAMPLE_BYTES else sample).decode(pairs.codec)
    except UnicodeError:
        return 0.0
    everyday = _bytes_in(pairs.everyday, sample)
    if (kanji := _KANJI.get(pairs.codec)) is not None and everyday * 3 >= beyond:
        everyday += _bytes_in(kanji, sample)
    return min(1.0, everyday / beyond) * _PAIRS_COUNT_FOR


def _bytes_in(pattern: re.Pattern[bytes], sample: bytes) -> int:
    return sum(
        len(pattern.findall(run)) * 2
        for run in re.findall(rb"(?:[\x80-\xff][\x40-\x7e\x80-\xff]?)+", sample)
    )
