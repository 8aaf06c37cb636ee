"""Pure: `text/plain; charset=…; name*0*=…`: a value and its parameters, RFC 2231 and all its failures."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from ticketyard.mail.limits import MAX_PARAMETERS
from ticketyard.mail.syntax.charsets import decode_text
from ticketyard.mail.syntax.words import decode_words, one_line

_VALUE = re.compile(r"[^;\s(]*")
_NAME = re.compile(r"[;,\s]*([^\s=;\"]{1,80})\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("|$)', re.DOTALL)
_WORDS_UNQUOTED = re.compile(r"(?:=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=\s*)+")
_NEXT_PARAMETER = re.compile(
    r"\s(?=(?:charset|format|delsp|boundary|name|filename)\*?\d*\*?=)", re.I
)
_ESCAPED = re.compile(r'\\(["\\])')
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A value in lower case and its decoded parameters, names in lower case; the first one counts."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The parameter, or nothing."""
        return self.parameters.get(name, "")


@dataclass(slots=True)
class _Section:
    text: str
    is_encoded: bool


def parse_parameterised(text: str) -> Parameterised:
    """Read such a header, encoded words not yet decoded."""
    text = _without_comments(one_line(text))
    match = _VALUE.match(text)
    value = match[0] if match else ""
    at = match.end() if match else 0
    if "=" in value:
        value, at = "", 0
    sections: dict[str, dict[int, _Section]] = {}
    for _ in range(MAX_PARAMETERS):
        name = _NAME.match(text, at) or _next_name(text, at)
        if name is None:
            break
        content, at = _content(text, name.end())
        _keep(sections, name[1].lower(), content)
    return Parameterised(
        value.strip("\"' ").lower(), {name: _joined(name, each) for name, each in sections.items()}
    )


def _next_name(text: str, at: int) -> re.Match[str] | None:
    semicolon = text.find(";", at)
    return _NAME.match(text, semicolon) if semicolon >= 0 else None


def _without_comments(text: str) -> str:
    """Comments stand where a parameter could; in quotes and in values a bracket is a letter."""
    if "(" not in text:
        return text
    return re.sub(r"(^[^;\"(]*|;[^;\"(=]*)\([^()\"]*\)", r"\1", text)


def _content(text: str, at: int) -> tuple[str, int]:
    if (quoted := _QUOTED.match(text, at)) is not None and text[at : at + 1] == '"':
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    if (words := _WORDS_UNQUOTED.match(text, at)) is not None:
        return words[0].strip(), words.end()
    end = text.find(";", at)
    end = len(text) if end < 0 else end
    if (follower := _NEXT_PARAMETER.search(text, at, end)) is not None:
        end = follower.start()
    return text[at:end].strip(), end


def _keep(sections: dict[str, dict[int, _Section]], name: str, content: str) -> None:
    match = _SECTION.fullmatch(name)
    if match is None:
        return
    plain, number, star = match[1], match[2], match[3]
    encoded = bool(star)
    # An extended value outranks the plain one, which is there for old readers.
    key = (-1 if encoded else -2) if number is None else int(number)
    sections.setdefault(plain, {}).setdefault(key, _Section(content, encoded))


def _joined(name: str, sections: dict[int, _Section]) -> str:
    numbered = [sections[key] for key in sorted(sections) if key >= 0]
    if -1 in sections:
        return one_line(_extended([sections[-1]]))
    if numbered:
        return one_line(_extended(numbered))
    # A boundary may end in blanks and look like an encoded word, and counts letter by letter.
    return sections[-2].text if name == "boundary" else decode_words(sections[-2].text)


def _extended(sections: list[_Section]) -> str:
    if not any(each.is_encoded for each in sections):
        return decode_words("".join(each.text for each in sections))
    charset, data = "", b""
    for number, section in enumerate(sections):
        text = section.text
        if number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if section.is_encoded else text.encode("utf-8", "replace")
    return decode_text(data, charset or "utf-8")
