"""`ticketyard mail parse`: what Ticketyard makes of messages that lie in files."""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ticketyard.cli.runtime import console
from ticketyard.mail.message import Address, Mail, MailFile
from ticketyard.mail.reading import read_mail


def parse(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, help="Messages (.eml), or folders of them.")
    ],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON line a message.")] = False,
) -> None:
    """Read messages and say what was understood. Needs no database."""
    for path in _files(paths):
        started = time.perf_counter()
        mail = read_mail(path.read_bytes())
        seconds = time.perf_counter() - started
        if jsonl:
            line = json.dumps(_described(path, mail, seconds), ensure_ascii=False)
            sys.stdout.write(line.encode("utf-8", "replace").decode() + "\n")
        else:
            _show(path, mail)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*.eml") if each.is_file())
        else:
            yield path


def _described(path: Path, mail: Mail, seconds: float) -> dict[str, object]:
    """The keys in which readers of mail are compared."""
    bounce = mail.bounce
    return {
        "id": path.name.removesuffix(".eml").replace("__", "/"),
        "error": None,
        "seconds": round(seconds, 6),
        "subject": mail.subject,
        "from": mail.sender.email if mail.sender else "",
        "from_name": mail.sender.name if mail.sender else "",
        "to": _emails(mail.to),
        "cc": _emails(mail.cc),
        "reply_to": _emails(mail.reply_to),
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else "",
        "references": list(mail.references),
        "date": mail.date.isoformat() if mail.date else None,
        "body_text": mail.body_text,
        "body_html": mail.body_html,
        "reply_text": mail.reply_text,
        "attachments": [_attachment(each) for each in mail.files if not each.from_tnef],
        "tnef_attachments": [_attachment(each) for each in mail.files if each.from_tnef],
        "auto": mail.auto,
        "is_auto_reply": mail.is_auto_reply,
        "is_bounce": bounce is not None,
        "bounce_permanent": bounce is not None and bounce.permanent,
        "bounce_recipients": list(bounce.recipients) if bounce else [],
        "is_feedback_report": mail.is_feedback_report,
        "original_sender": mail.original_sender,
        "forwarded_from": mail.forwarded_from,
        "problems": list(mail.problems),
    }


def _emails(addresses: tuple[Address, ...]) -> list[str]:
    return [each.email for each in addresses]


def _attachment(file: MailFile) -> dict[str, object]:
    content = file.read()
    return {
        "name": file.name,
        "type": file.content_type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "content_id": file.content_id,
        "inline": file.is_inline,
    }


def _show(path: Path, mail: Mail) -> None:
    sender = f"{mail.sender.name} <{mail.sender.email}>".strip() if mail.sender else "nobody"
    console.print(f"[bold]{path.name}[/]", highlight=False)
    for label, value in (
        ("from", sender),
        ("subject", mail.subject),
        ("date", mail.date.isoformat() if mail.date else ""),
        ("files", ", ".join(each.name for each in mail.files)),
        ("problems", ", ".join(mail.problems)),
    ):
        if value:
            console.print(f"  {label}: {value}", markup=False)
    console.print(mail.reply_text, markup=False)
