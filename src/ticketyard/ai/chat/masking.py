"""Pure: what is personal or secret in a text is taken out before the text leaves the house.

Each is replaced by a name of its own, the same wherever it stands: `[E-MAIL 1]`. Rather too much is
hidden than too little: what a text is about hardly ever hangs on a number.
"""

import ipaddress
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|CERTIFICATE)[A-Z ]{0,20}-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,60}-----|\Z)",
    re.DOTALL,
)
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?")
_URL_USER = re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://)[^\s/:@]{1,200}:[^\s/@]{1,200}(?=@)")
# Keys that say by their first letters whose they are.
_KNOWN_KEY = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abeprs]-[\w-]{10,}|\bA(?:KIA|SIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"
    r"|\bty_\d+_[\w-]{8,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{20,}"
)
_BEARER = re.compile(r"(?P<keep>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
# Also at the end of a longer name, PGPASSWORD; the short ones only behind its last mark, DB_PASS:
# a compass is no secret.
_TELLING = (
    r"(?:pass(?:word|wd|phrase|code|wort)|pwd|secret|token|(?:api|access|private|secret)[ _-]?key"
    r"|парол[ьяюе]\w{0,2}|құпия\s?сөз\w{0,4}|секрет|токен|ключ доступа|код из (?:смс|sms)"
    r"|(?<![^\W_])(?:pass|pin(?:[ -]?code)?|cvv2?|cvc2?|otp|пин(?:[ -]?код)?))"
)
_SECRET = re.compile(
    rf"(?P<keep>{_TELLING}[\"'»]?"
    r"(?:\s{0,3}[:=]\s{0,3}|\s+(?:is|was|ist|это|—|–|-)\s+))"
    r"(?:\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|«[^»\n]{1,200}»"
    r"|\[[^\]\n]{1,200}\][^\s,;<>]{0,200}|[^\s,;<>]{1,200})",
    re.IGNORECASE,
)
# «пароль Qwerty123!»: without a sign between them only what looks like no word of any language.
_SECRET_BARE = re.compile(
    rf"(?P<keep>{_TELLING}\s+)(?=\S*\d)(?=\S*[^\W\d_])[^\s,;<>]{{6,64}}",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN = re.compile(
    r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b", re.IGNORECASE
)
_DIGIT_RUN = re.compile(r"(?<![\w.])(?:\d[ -]?){11,22}\d(?![\w])")
# What the United States number their people by.
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_NUMBER_12 = re.compile(r"(?<!\d)\d{12}(?!\d)")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.-])(?:\+|00)?\(?\d(?:[\s().-]{0,3}\d){8,14}(?![\w])")
_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d\b|\d\d\.\d\d\.(?:19|20)\d\d\b")
_BLOB = re.compile(r"(?<![\w/+=-])(?=[\w/+=-]*\d)(?=[\w/+=-]*[A-Za-z])[A-Za-z0-9/+_=-]{32,}")
_OWN_NAME = re.compile(r"\[[A-Z][A-Z -]{1,20} \d{1,6}\]")
# No more than this of a thing that was cut in two can be left unhidden: an address is the longest.
_LONGEST = 700


@dataclass
class _Names:
    """Gives each hidden thing a name; the same thing the same one."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> str:
        key = (kind, "".join(value.split()).casefold())
        if key not in self.known:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.known[key] = f"[{kind} {self.counts[kind]}]"
            self.values[self.known[key]] = value
        return self.known[key]


def mask(text: str) -> str:
    """The text without addresses of people and machines, numbers of accounts and persons, secrets."""
    return mask_and_keep(text)[0]


def mask_start(text: str, most: int) -> str:
    """The first `most` letters of the masked text. Masked first: half a card number is none, and
    would leave."""
    # Hiding makes a text shorter, so more of it is read than is given back.
    reach = 2 * most + _LONGEST
    masked = mask(text[:reach])
    if len(text) <= reach:
        return masked[:most]
    return masked[: min(most, max(0, len(masked) - _LONGEST))]


def mask_and_keep(text: str) -> tuple[str, dict[str, str]]:
    """The masked text, and what each name in it stands for: to be put back into an answer."""
    names = _Names()
    for kind, pattern, is_one in _RULES:
        text = _hidden(text, kind, pattern, is_one, names)
    return text, names.values


def strike_out(text: str, *, but: Collection[str] = ()) -> str:
    """The same for people to read, and not to be put back: `[e-mail]`, without a number.

    but: kinds that stay, as they are called in the rules below.
    """
    names = _Names()
    for kind, pattern, is_one in _RULES:
        if kind not in but:
            text = _hidden(text, kind, pattern, is_one, names)
    for name in names.values:
        text = text.replace(name, f"[{name[1:-1].rpartition(' ')[0].lower()}]")
    return text


def _hidden(
    text: str,
    kind: str,
    pattern: re.Pattern[str],
    is_one: Callable[[str], bool],
    names: _Names,
) -> str:
    def name(found: re.Match[str]) -> str:
        keep = found.groupdict().get("keep") or ""
        value = found[0][len(keep) :]
        # What was hidden already is not hidden again.
        if _OWN_NAME.match(text, found.start() + len(keep)) or not is_one(value):
            return found[0]
        return keep + names.of(kind, value)

    return pattern.sub(name, text)


def _always(_: str) -> bool:
    return True


def _digits(value: str) -> str:
    return "".join(sign for sign in value if sign.isdigit())


def _is_card(value: str) -> bool:
    """ISO/IEC 7812: 13 to 19 digits that satisfy Luhn's sum."""
    numbers = [int(sign) for sign in reversed(_digits(value))]
    if not 13 <= len(numbers) <= 19:
        return False
    doubled = [number * 2 for number in numbers[1::2]]
    total = sum(numbers[::2]) + sum(number - 9 if number > 9 else number for number in doubled)
    return total % 10 == 0


def _is_iban(value: str) -> bool:
    """ISO 13616: the remainder by 97 is 1."""
    plain = re.sub(r"[ -]", "", value).upper()
    if not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    # "::" alone is how C++ is written.
    return len(value) > 3


def _is_phone(value: str) -> bool:
    """Ten digits and more, or written with a plus or in groups; a plain shorter number is none."""
    digits = _digits(value)
    if not 9 <= len(digits) <= 15 or _DATE.match(value):
        return False
    return value.startswith(("+", "00")) or len(digits) >= 10


_RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("KEY", _KEY_BLOCK, _always),
    ("TOKEN", _JWT, _always),
    ("LOG-IN", _URL_USER, _always),
    ("TOKEN", _KNOWN_KEY, _always),
    ("TOKEN", _BEARER, _always),
    ("SECRET", _SECRET, _always),
    ("SECRET", _SECRET_BARE, _always),
    ("E-MAIL", _EMAIL, _always),
    ("ACCOUNT", _IBAN, _is_iban),
    ("CARD", _DIGIT_RUN, _is_card),
    ("PERSONAL NUMBER", _NUMBER_12, _always),
    ("PERSONAL NUMBER", _SSN, _always),
    ("IP", _IPV4, _is_ip),
    ("MAC", _MAC, _always),
    ("IP", _IPV6, _is_ip),
    ("PHONE", _PHONE, _is_phone),
    ("TOKEN", _BLOB, _always),
)
