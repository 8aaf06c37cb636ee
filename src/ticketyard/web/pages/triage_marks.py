"""Pure: a text with the words that counted marked in it, and a category found by what was typed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.lexicon import WORDS, read_lexicon
from ticketyard.ai.phrases import PhraseTable, plain_words

SHOWN = 480
AROUND = 90
WINDOWS_MAX = 2
_APOSTROPHE = "[’'`ʼ]?"
_GAP = r"[\W_]+"
_COURTESY = PhraseTable(read_lexicon(WORDS / "sentences.txt")["courtesy"])
_PLEASE = frozenset({"please", "kindly", "пожалуйста", "өтінемін"})
_CUT = ("…", "...")
# A subject as long as this that the text begins with was made of the text.
TITLE_WORDS = 5


@dataclass(frozen=True)
class Piece:
    """A stretch of text. is_hit: it counted.  is_cut: it stands for what was left out."""

    text: str
    is_hit: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class Excerpt:
    """What is shown of a text; unseen: words that counted and are not in what is shown."""

    title: list[Piece]
    body: list[Piece]
    unseen: list[str]


def excerpt(title: str, body: str, words: Sequence[str]) -> Excerpt:
    """The title and the start of the text, and where the words that counted come later, those too."""
    words = [word for word in words if says_something(word)]
    pattern = _pattern(words)
    whole = body
    body = _beyond(title, body)
    shown = [body[start:end] for start, end in _windows(body, pattern)]
    pieces = [Piece("… ", is_cut=True)] if body and len(body) < len(whole) else []
    for number, window in enumerate(shown):
        if number:
            pieces.append(Piece(" … ", is_cut=True))
        pieces += _marked(window, pattern)
    if shown and len(body) > sum(map(len, shown)):
        pieces.append(Piece(" …", is_cut=True))
    everything = "\n".join((title, *shown))
    return Excerpt(
        title=_marked(title, pattern),
        body=pieces,
        unseen=[word for word in words if not _is_in(word, everything)],
    )


def says_something(words: str) -> bool:
    """Whether words that counted tell a reader anything: small words and courtesies do not."""
    plain = plain_words(words)
    return not _COURTESY.find(plain) and any(
        word not in ALWAYS_COMMON and word not in _PLEASE for word in plain
    )


def match_category(typed: str, names: Sequence[str]) -> list[str]:
    """The categories that what was typed can mean: one that is called so, else all that begin so,
    else all that hold it."""
    wanted = _plain(typed)
    if not wanted:
        return []
    plain = {name: _plain(name) for name in names}
    called = [name for name, each in plain.items() if each == wanted]
    # One letter is a slip of the hand rather than a name.
    if called or len(wanted) < 2:
        return called
    begun = [name for name, each in plain.items() if each.startswith(wanted)]
    return begun or [name for name, each in plain.items() if wanted in each]


def _beyond(title: str, body: str) -> str:
    """The text without its start, where the title was cut from that and says it already."""
    start = title.strip()
    is_cut = start.endswith(_CUT)
    words = start.rstrip("….").split()
    begun = re.match(r"\s+".join(map(re.escape, words)), body, re.IGNORECASE) if words else None
    if begun is None:
        return body
    rest = body[begun.end() :]
    more = rest.lstrip(" \t\r\n.,;:!?…")
    if not is_cut and (rest[:1].isalnum() or (more and len(words) < TITLE_WORDS)):
        return body
    return more


def _plain(words: str) -> str:
    return " ".join(words.replace("_", " ").casefold().split())


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Finds the words as people write them: any case, ё or е, with or without apostrophes."""
    phrases = sorted({_phrase(word) for word in words} - {""}, key=len, reverse=True)
    if not phrases:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)


def _phrase(words: str) -> str:
    return _GAP.join(
        _APOSTROPHE.join("[её]" if letter == "е" else re.escape(letter) for letter in word)
        for word in re.findall(r"[^\W_]+", words.casefold())[:8]
    )


def _is_in(word: str, text: str) -> bool:
    pattern = _pattern([word])
    return pattern is not None and pattern.search(text) is not None


def _windows(body: str, pattern: re.Pattern[str] | None) -> list[tuple[int, int]]:
    """The start of the text, and stretches around words that counted further on."""
    if not body:
        return []
    windows = [(0, _word_end(body, SHOWN))]
    for hit in pattern.finditer(body) if pattern else ():
        if hit.end() <= windows[-1][1]:
            continue
        start = max(_word_start(body, hit.start() - AROUND), windows[-1][1])
        windows.append((start, _word_end(body, hit.end() + AROUND)))
        if len(windows) > WINDOWS_MAX:
            break
    return windows


def _word_end(text: str, place: int) -> int:
    """The place, or the end of the word before it; a word without end is cut."""
    if place >= len(text):
        return len(text)
    space = max(text.rfind(" ", place - 30, place), text.rfind("\n", place - 30, place))
    return space if space > 0 else place


def _word_start(text: str, place: int) -> int:
    place = max(place, 0)
    space = text.find(" ", place, place + 30)
    return space + 1 if space >= 0 else place


def _marked(text: str, pattern: re.Pattern[str] | None) -> list[Piece]:
    if pattern is None:
        return [Piece(text)] if text else []
    pieces: list[Piece] = []
    at = 0
    for hit in pattern.finditer(text):
        if hit.start() > at:
            pieces.append(Piece(text[at : hit.start()]))
        pieces.append(Piece(hit.group(), is_hit=True))
        at = hit.end()
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return pieces
