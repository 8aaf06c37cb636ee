"""The quality asked for, on messages of the field's own test suites, where they are at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ticketyard.mail.reading import read_mail

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "email"
AT_LEAST = {
    "subject": 0.99,
    "from": 0.99,
    "body_text": 0.95,
    "attachments_names": 0.98,
    "attachments_sha256": 0.98,
    "tnef_names": 1.0,
    "to": 0.99,
    "date": 0.99,
    "message_id": 0.99,
    "references": 0.99,
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared messages are not here")


def test_the_field_s_own_messages_are_read(tmp_path: Path) -> None:
    told, scored = tmp_path / "told.jsonl", tmp_path / "scored.json"
    program = [sys.executable, "-m", "ticketyard.cli.main"]
    with told.open("wb") as out:
        subprocess.run(
            [*program, "mail", "parse", str(DATA / "raw"), "--jsonl"],
            stdout=out,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    subprocess.run(
        [sys.executable, DATA / "score.py", DATA / "cases.jsonl", "--pred", told, "--json", scored],
        check=True,
        capture_output=True,
    )
    result = json.loads(scored.read_text())
    rates = {name: each["right"] / each["of"] for name, each in result["fields"].items()}
    assert result["crash"] == []
    assert {name: rates[name] for name, least in AT_LEAST.items() if rates[name] < least} == {}
    slowest = max(json.loads(line)["seconds"] for line in told.read_text().splitlines())
    assert slowest < 1.0


def test_no_field_fails_in_them() -> None:
    failed = {
        path.stem: read_mail(path.read_bytes()).problems for path in (DATA / "raw").glob("*.eml")
    }
    assert {
        name: problems
        for name, problems in failed.items()
        if any(each.endswith("Error") for each in problems)
    } == {}
