"""`ticketyard mail parse`: one line a message, for people and for programs."""

import hashlib
import json
from pathlib import Path

from typer.testing import CliRunner

from ticketyard.cli.main import app

MESSAGE = (
    b"From: Rita <rita@example.com>\r\nTo: desk@example.com\r\nSubject: Printer\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nIt is broken.\r\n"
    b"--b\r\nContent-Type: text/csv; name=a.csv\r\n\r\n1;2\r\n--b--\r\n"
)


def test_every_message_of_a_folder_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "desk__one.eml").write_bytes(MESSAGE)
    (tmp_path / "two.eml").write_bytes(b"\x00\xff")
    (tmp_path / "notes.txt").write_text("no message")
    result = CliRunner().invoke(app, ["mail", "parse", str(tmp_path), "--jsonl"])
    assert result.exit_code == 0
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["id"] == "desk/one"
    assert first["error"] is None
    assert 0 < first["seconds"] < 1
    assert (first["subject"], first["from"], first["to"]) == (
        "Printer",
        "rita@example.com",
        ["desk@example.com"],
    )
    assert first["body_text"].strip() == "It is broken."
    assert first["attachments"] == [
        {
            "name": "a.csv",
            "type": "text/csv",
            "size": 3,
            "sha256": hashlib.sha256(b"1;2").hexdigest(),
            "content_id": "",
            "inline": False,
        }
    ]
    assert second["id"] == "two"
    assert second["from"] == ""


def test_a_person_sees_what_was_understood(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(MESSAGE)
    result = CliRunner().invoke(app, ["mail", "parse", str(path)])
    assert result.exit_code == 0
    for words in ("Rita <rita@example.com>", "Printer", "a.csv", "It is broken."):
        assert words in result.stdout


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["mail", "parse", str(tmp_path / "none.eml")])
    assert result.exit_code == 2
