"""Real files of every kind, made here: good ones, and those that somebody means harm with."""

import io
import struct
import zipfile
from collections.abc import Sequence

import docx
import openpyxl

PDF_LINE_HEIGHT = 14


def pdf(pages: Sequence[Sequence[str]], *, is_locked: bool = False) -> bytes:
    """A PDF with these lines on its pages, in Latin letters. Source: ISO 32000-1, annex H."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages))), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        drawn = b"\n".join(
            b"1 0 0 1 40 %d Tm (%s) Tj" % (800 - PDF_LINE_HEIGHT * at, _escaped(line))
            for at, line in enumerate(lines)
        )
        stream = b"BT /F1 10 Tf\n%s\nET" % drawn
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    trailer = b"/Root 1 0 R"
    if is_locked:
        objects.append(
            b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"41" * 32, b"42" * 32)
        )
        trailer += b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects)
    return _assembled(objects, trailer)


def _escaped(line: str) -> bytes:
    raw = line.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _assembled(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, at)
    return bytes(out)


def word(*paragraphs: str | tuple[int, str], rows: Sequence[Sequence[str]] = ()) -> bytes:
    """A .docx: texts as paragraphs, pairs of level and text as headings, rows as a table."""
    document = docx.Document()
    for each in paragraphs:
        if isinstance(each, tuple):
            document.add_heading(each[1], each[0])
        else:
            document.add_paragraph(each)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                table.cell(at, column).text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def excel(**sheets: Sequence[Sequence[object]]) -> bytes:
    """An .xlsx with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(package: bytes, name: str, content: bytes) -> bytes:
    """The same zip with one more part, or with that part replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        new.writestr(name, content)
    return out.getvalue()


def packed(*parts: tuple[str, bytes]) -> bytes:
    """A zip of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


def lying_about_size(package: bytes, name: str, said: int) -> bytes:
    """The same zip, whose list of contents says another size of one part."""
    out = bytearray(package)
    at = out.find(b"PK\x01\x02")
    while at >= 0:
        (length,) = struct.unpack_from("<H", out, at + 28)
        if out[at + 46 : at + 46 + length].decode() == name:
            struct.pack_into("<L", out, at + 24, said)
        at = out.find(b"PK\x01\x02", at + 4)
    return bytes(out)


def ole(*, is_encrypted: bool) -> bytes:
    """How a file of Office 97, and an encrypted one of today, begins."""
    stream = "EncryptedPackage" if is_encrypted else "WordDocument"
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024) + stream.encode("utf-16-le") + bytes(512)
    )


BOMB = b"0" * (40 * 1024 * 1024)
MACRO = b'Attribute VB_Name = "x"\nSub AutoOpen()\nShell "calc"\nEnd Sub'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "'
    + b"ha" * 50
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8))
    + b"]>"
)
