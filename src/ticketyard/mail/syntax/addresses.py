"""Pure: who a message is from and to, however broken the quoting is."""

import re
from dataclasses import dataclass, field

from ticketyard.mail.limits import MAX_ADDRESSES
from ticketyard.mail.message import Address
from ticketyard.mail.syntax.words import decode_words, one_line

_TOKEN = re.compile(
    r"""(?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?=)
      | (?P<quote>")
      | <(?P<angle>[^<>]*)(?:>|$)
      | (?P<open>\()
      | (?P<separator>[,;])
      | (?P<colon>:)
      | (?P<escaped>\\.)
      | (?P<text>(?:(?!=\?)[^"(<,;:\\])+|.)""",
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(
    r"(?<![^\s<>()\",;:\[\]])[^\s<>()\",;:\[\]]+@(?:[^\s<>()\",;:@\[\]]+|\[[^\s\]]*\])"
)
_LOCAL_ONLY = re.compile(r"[\w.+-]{1,64}")
_AROUND_DOTS = re.compile(r"\s*([@.])\s*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TO_QUOTE = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
_AFTER_OPEN_COMMENT = re.compile(r"[,;<]")


@dataclass(slots=True)
class _Mailbox:
    """What stands between two commas."""

    phrase: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None

    @property
    def text(self) -> str:
        return "".join(self.phrase)

    @property
    def is_empty(self) -> bool:
        return self.angle is None and not self.text.strip() and not self.comments


def parse_addresses(text: str) -> tuple[Address, ...]:
    """The addresses of a header, encoded words not yet decoded, group names left out."""
    found = _addresses(text)
    if not found and "=?" in text:
        # Some mailers encode the whole header, address and all.
        found = _addresses(decode_words(text))
    return tuple(found)


def names_only(text: str, email: str) -> bool:
    """Whether a From header as it came names this address, for every reader, and no other.

    Readers differ in which of two they take, and in whether they look into encoded words: an
    address that only some of them would find proves nothing.
    """
    bare = _bare_of_names(" ".join(one_line(text).split()))
    return {each.strip("'").rstrip(".").lower() for each in _BARE.findall(bare)} == {email.lower()}


def _bare_of_names(text: str) -> str:
    """Without comments and quoted names; a quoted local part stays, to be no address we know."""
    kept: list[str] = []
    scanner = _Scanner(text)
    while (match := _TOKEN.match(text, scanner.at)) is not None:
        scanner.at = match.end()
        if match.lastgroup == "open":
            scanner.comment()
        elif match.lastgroup == "quote":
            quoted = scanner.quoted()
            kept.append('"' if text[scanner.at : scanner.at + 1] == "@" or not quoted else " ")
        else:
            kept.append(match[0])
    return "".join(kept)


def _addresses(text: str) -> list[Address]:
    mailboxes = _with_split_names(_mailboxes(" ".join(one_line(text).split())))
    return [each for mailbox in mailboxes if (each := _address(mailbox)) is not None]


@dataclass(slots=True)
class _Scanner:
    """Reads a header once from left to right; what is opened and never closed was a letter."""

    text: str
    at: int = 0
    may_quote: bool = True
    may_comment: bool = True

    def quoted(self) -> str:
        """The quoted string whose quote was just read, quotes included."""
        start = self.at - 1
        if self.may_quote and (match := _TO_QUOTE.match(self.text, self.at)) is not None:
            self.at = match.end()
        else:
            self.may_quote = False
        return self.text[start : self.at] if self.at > start + 1 else ""

    def comment(self) -> str:
        """The comment whose bracket was just read."""
        start = self.at
        end = self._closing_bracket() if self.may_comment else -1
        if end >= 0:
            self.at = end + 1
            return self.text[start:end]
        self.may_comment = False
        stop = _AFTER_OPEN_COMMENT.search(self.text, start)
        self.at = stop.start() if stop else len(self.text)
        return self.text[start : self.at]

    def _closing_bracket(self) -> int:
        depth, at = 1, self.at
        while at < len(self.text):
            sign = self.text[at]
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                return at
            at += 2 if sign == "\\" else 1
        return -1


def _mailboxes(text: str) -> list[_Mailbox]:
    done: list[_Mailbox] = []
    current = _Mailbox()
    scanner = _Scanner(text)
    has_groups = ";" in text
    while len(done) < MAX_ADDRESSES and (match := _TOKEN.match(text, scanner.at)) is not None:
        scanner.at = match.end()
        kind = match.lastgroup or ""
        if kind == "separator":
            done.append(current)
            current = _Mailbox()
        elif kind == "colon" and has_groups and current.angle is None:
            current = _Mailbox()
        else:
            _add(current, kind, match[0], scanner)
    done.append(current)
    return [each for each in done if not each.is_empty]


def _add(mailbox: _Mailbox, kind: str, token: str, scanner: _Scanner) -> None:
    if kind == "open":
        mailbox.comments.append(scanner.comment())
    elif kind == "quote":
        mailbox.phrase.append(scanner.quoted())
    elif kind != "angle":
        mailbox.phrase.append(token)
    elif "@" in token or mailbox.angle is None:
        mailbox.angle = token[1:].removesuffix(">")


def _with_split_names(mailboxes: list[_Mailbox]) -> list[_Mailbox]:
    """`Miller, Bob <b@x>` without quotes is one person."""
    joined: list[_Mailbox] = []
    for mailbox in mailboxes:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.angle is None
            and "@" not in decode_words(before.text)
            and mailbox.angle is not None
            and mailbox.text.strip()
        ):
            mailbox.phrase.insert(0, before.text.rstrip() + ", ")
            joined.pop()
        joined.append(mailbox)
    return joined


def _address(mailbox: _Mailbox) -> Address | None:
    if mailbox.angle is not None:
        email = _clean_email(mailbox.angle)
        if email:
            return Address(email, _name(mailbox.text) or _name_of_comments(mailbox))
    return _bare_address(mailbox)


def _bare_address(mailbox: _Mailbox) -> Address | None:
    text = _AROUND_DOTS.sub(r"\1", mailbox.text.strip())
    if (quoted_local := re.fullmatch(r'("(?:[^"\\]|\\.)*"@\S+)', text)) is not None:
        return Address(quoted_local[1], _name_of_comments(mailbox))
    found = _BARE.search(text)
    if found is not None:
        rest = (text[: found.start()] + " " + text[found.end() :]).strip()
        email = _clean_email(found[0])
        return Address(email, _name(rest) or _name_of_comments(mailbox)) if email else None
    if mailbox.angle is None and _LOCAL_ONLY.fullmatch(text):
        return Address(text, _name_of_comments(mailbox))
    return None


def _clean_email(text: str) -> str:
    """The bare address out of what stood in angle brackets."""
    text = re.sub(r"\([^()]*\)", "", text).strip()
    text = text.removeprefix("mailto:").removeprefix("MAILTO:").removeprefix("smtp:")
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    text = _AROUND_DOTS.sub(r"\1", text).strip("'\"<>,; \t") if not text.startswith('"') else text
    if '"' not in text and re.search(r"\s", text):
        found = _BARE.search(text)
        text = found[0].strip("'") if found else ""
    return text.rstrip(".") if "@" in text else text


def _name(text: str) -> str:
    """A display name: quotes gone, encoded words read."""
    text = text.strip()
    if '"' in text:
        text = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda quoted: _ESCAPED.sub(r"\1", quoted[1]), text)
    elif "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    text = decode_words(text).replace("[ ]", "").strip(" \t\"'<>")
    return re.sub(r"\s+", " ", text).strip()


def _name_of_comments(mailbox: _Mailbox) -> str:
    return _name(mailbox.comments[0]) if mailbox.comments else ""
