"""Pure: every part that is no text, as a file with a name: attached, inline, nested, unpacked."""

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ticketyard.mail.content.tnef import Tnef, TnefFile, read_tnef
from ticketyard.mail.content.uuencode import find_encoded_files
from ticketyard.mail.message import MailFile
from ticketyard.mail.syntax.identifiers import parse_id
from ticketyard.mail.syntax.parts import Part, parse_fields
from ticketyard.mail.syntax.words import one_line, raw_text

_TNEF_KINDS = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_LONGEST_NAME = 255
_SUBJECT_BYTES = 20_000
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/pjpeg": ".jpg",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "text/rfc822-headers": ".txt",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
}
_STEMS = {
    "message": "message",
    "text": "text",
    "image": "image",
    "audio": "sound",
    "video": "video",
}


@dataclass(slots=True)
class Unpacked:
    """The files, and the text that was only in winmail.dat."""

    files: list[MailFile] = field(default_factory=list)
    tnef: Tnef = field(default_factory=Tnef)


def read_files(parts: Sequence[Part], hint: str = "") -> Unpacked:
    """The files these parts are, and those inside winmail.dat behind it."""
    found = Unpacked()
    for number, part in enumerate(parts, 1):
        found.files.append(_file(part, number, hint))
        if part.kind in _TNEF_KINDS or found.files[-1].name.lower() == "winmail.dat":
            tnef = read_tnef(part.content())
            found.files += [_tnef_file(each) for each in tnef.files]
            found.tnef.text = found.tnef.text or tnef.text
            found.tnef.html = found.tnef.html or tnef.html
    return found


def read_encoded_files(text: str) -> list[MailFile]:
    """The uuencoded files of a text, which keeps them: only its reader knows what they are for."""
    return [
        MailFile(
            name=one_line(each.name)[:_LONGEST_NAME],
            content_type=mimetypes.guess_type(each.name)[0] or "application/octet-stream",
            read=_giving(each.data),
        )
        for each in find_encoded_files(text)
    ]


def _file(part: Part, number: int, hint: str) -> MailFile:
    content_id = parse_id(raw_text(part.first("content-id"), hint))
    return MailFile(
        name=_name(part, number, hint),
        content_type=part.kind,
        read=part.content,
        content_id=content_id,
        is_inline=part.disposition.value != "attachment"
        and bool(content_id or part.disposition.value == "inline"),
    )


def _name(part: Part, number: int, hint: str) -> str:
    names = [part.disposition.get("filename"), part.content_type.get("name")]
    # A writer that knew only its own charset put question marks; the other name may be whole.
    given = min((each for each in names if each), key=_unknown_letters, default="")
    given = given or part.disposition.get("name")
    if given := given.replace("\x00", "").strip():
        return given if len(given) <= _LONGEST_NAME else _shortened(given)
    if part.kind in ("message/rfc822", "message/global") and (subject := _subject(part, hint)):
        return f"{subject[:120]}.eml"
    stem = _STEMS.get(part.kind.partition("/")[0], "file")
    ending = _ENDINGS.get(part.kind) or mimetypes.guess_extension(part.kind) or ".bin"
    return f"{stem}-{number}{ending}"


def _unknown_letters(name: str) -> int:
    return name.count("\ufffd") + (name.count("?") if "??" in name else 0)


def _shortened(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"


def _subject(part: Part, hint: str) -> str:
    """Of the message inside."""
    return parse_fields(part.content(most=_SUBJECT_BYTES)).text_of("subject")


def _tnef_file(each: TnefFile) -> MailFile:
    name = one_line(each.name).strip()[:_LONGEST_NAME]
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return MailFile(
        name=name or "file.bin",
        content_type=each.content_type if "/" in each.content_type else guessed,
        read=_giving(each.data),
        content_id=each.content_id,
        is_inline=bool(each.content_id),
        from_tnef=True,
    )


def _giving(data: bytes) -> Callable[[], bytes]:
    return lambda: data
