"""What the integration documents tell people to type into a terminal works as it is printed there,
host and key apart."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.running import Program

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="There is no curl here.")

PRINTED = "http://localhost:8000"
PRINTED_KEY = "your-integration-api-key"

UNIFIED = r"""
curl -X POST http://localhost:8000/api/tickets/unified \
  -H "Content-Type: application/json" \
  -d '{
    "source": "GLPI",
    "data": {
      "title": "Software installation request",
      "description": "An office suite is needed",
      "requester_email": "jane@example.com",
      "requester_name": "Jane Smith",
      "priority": "Medium"
    },
    "api_key": "your-integration-api-key"
  }'
"""
HEALTH = "curl http://localhost:8000/health"
# Its document leaves the key to a gateway; here it goes into a header.
ALERT = r"""
curl -X POST http://localhost:8000/api/tickets \
  -H "X-API-Key: your-integration-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "title": "Person detected in restricted zone",
    "severity": "high",
    "camera_id": 1,
    "provider_id": "provider-uuid",
    "alert_data": {"detections": []}
  }'
"""
GLPI = r"""
curl -X POST http://localhost:8000/api/v1/tickets/glpi \
  -H "Content-Type: application/json" \
  -d '{"ticket_data": {"id": "12345", "title": "Network connectivity issue",
       "description": "Unable to connect", "requester_email": "user@example.com",
       "requester_name": "John Doe", "category": "Network", "priority": "High"},
       "api_key": "your-integration-api-key"}'
"""
FORM = r"""
curl -X POST http://localhost:8000/api/tickets/web-form/with-attachments \
  -F title="Printer is silent" -F description="It only blinks" \
  -F email=rita@example.com -F name="Rita" -F priority=high -F "files=@NOTE"
"""


def typed(program: Program, command: str, key: str = "journey-key") -> tuple[int, Any]:
    """What the terminal shows for a command: the status, and the JSON."""
    line = command.strip().replace(PRINTED, program.address).replace(PRINTED_KEY, key)
    shell = f"{line} -sS -w '\\n%{{http_code}}'"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def test_the_printed_commands_work(program: Program, tmp_path: Path) -> None:
    status, told = typed(program, UNIFIED)
    assert (status, told["status"]) == (200, "success")
    assert re.fullmatch(r"TKT-\d{8}-\d{3,}", told["ticket_number"])

    status, told = typed(program, ALERT)
    assert (status, told["status"]) == (201, "open")

    first, again = typed(program, GLPI), typed(program, GLPI)
    assert first[0] == again[0] == 200
    assert first[1]["ticket_id"] == again[1]["ticket_id"]

    note = tmp_path / "note.txt"
    note.write_text("It blinks red.")
    status, told = typed(program, FORM.replace("NOTE", str(note)))
    assert (status, told["attachments_count"]) == (200, 1)

    status, told = typed(program, HEALTH)
    assert (status, told["status"]) == (200, "healthy")

    for command in (UNIFIED, ALERT, GLPI):
        status, told = typed(program, command, key="wrong")
        assert (status, told["detail"]) == (401, "Invalid API key")
