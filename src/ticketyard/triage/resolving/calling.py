"""Have a company's own endpoint do an action: one signed request, and what it says about it."""

from datetime import datetime
from typing import Any

import orjson

from ticketyard.core.outgoing import (
    Answer,
    Outgoing,
    OutgoingFailed,
    OutgoingRefused,
    Patience,
)
from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.core.shapes import storable
from ticketyard.core.signing import signature_headers
from ticketyard.triage.resolving.actions import ActionCall, ActionOutcome
from ticketyard.triage.resolving.wording import MESSAGE_MAX, sensible_details

PATIENCE = Patience(connect_seconds=5, first_byte_seconds=20, whole_seconds=25)
_ANSWER_MAX_BYTES = 64 * 1024


async def call_endpoint(
    call: ActionCall, *, url: str, sealed: str, sealer: Sealer, outgoing: Outgoing, now: datetime
) -> ActionOutcome:
    """Only an endpoint that itself says `"status": "success"` has done it.

    sealed: the secret as stored. Signed as webhooks are (Standard Webhooks 1.0).
    """
    body = orjson.dumps(_told(call, now))
    try:
        headers = signature_headers(
            [sealer.open(sealed)],
            message_id=call.id,
            timestamp=int(now.timestamp()),
            body=body,
        )
        answer = await outgoing.send(
            "POST",
            url,
            headers={"Content-Type": "application/json", **headers},
            content=body,
            patience=PATIENCE,
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )
    except SealBroken:
        return ActionOutcome(is_success=False, message="Its secret was sealed with another key.")
    except OutgoingRefused as refusal:
        return ActionOutcome(is_success=False, message=str(refusal))
    except OutgoingFailed as failure:
        return ActionOutcome(is_success=False, message=str(failure), may_retry=True)
    return read_answer(answer)


def read_answer(answer: Answer) -> ActionOutcome:
    """What the endpoint said; anything but a clear success is none."""
    if not answer.is_success:
        passing = answer.status >= 500 or answer.status in (408, 425, 429)
        message = f"The endpoint answered {answer.status}."
        return ActionOutcome(is_success=False, message=message, may_retry=passing)
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("status") not in ("success", "failed"):
        message = "The endpoint did not say whether it was done."
        return ActionOutcome(is_success=False, message=message)
    return ActionOutcome(
        is_success=said["status"] == "success",
        message=_text(said.get("message")),
        details=sensible_details(said.get("details")),
    )


def _told(call: ActionCall, now: datetime) -> dict[str, Any]:
    return {
        "id": call.id,
        "action": call.action,
        "parameters": dict(call.parameters),
        "ticket": {
            "id": call.ticket_id,
            "number": call.ticket_number,
            "requester_email": call.requester_email,
            "requester_name": call.requester_name,
        },
        "company_id": call.company_id,
        "attempt": call.attempt,
        "sent_at": now.isoformat(),
    }


def _text(value: object) -> str:
    return str(storable(value))[:MESSAGE_MAX] if isinstance(value, str) else ""
