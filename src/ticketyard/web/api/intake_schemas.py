"""Shapes of the intake routes, and how they are described.

These routes read their bodies themselves, because the key inside has to be looked at before
anything else.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ticketyard.intake.sources.chat import ChatQuestion
from ticketyard.intake.sources.email_body import EmailBody
from ticketyard.intake.sources.glpi import GlpiTicket
from ticketyard.intake.sources.solman import SolmanIncident
from ticketyard.intake.sources.web_form import WebForm

KEY_FIELD: Any = Field(
    None, description="An API key; instead of it, a header.", examples=["your-integration-api-key"]
)


class FiledOut(BaseModel):
    """The ticket that what was sent is filed under."""

    status: Literal["success"] = "success"
    message: str = Field(examples=["Ticket created."])
    ticket_id: str = Field(examples=["4711"])
    ticket_number: str = Field(examples=["TKT-20251215-001"])
    deduplicated: bool | None = Field(
        None, description="True when it had arrived before; the ticket is the first one's."
    )


class FormFiledOut(FiledOut):
    """The same, for a form with files."""

    attachments_count: int = Field(examples=[1])


class ChatOut(BaseModel):
    """The ticket a question became."""

    status: Literal["ticket_created"] = "ticket_created"
    ticket_id: str = Field(examples=["4711"])
    ticket_number: str = Field(examples=["TKT-20251215-001"])
    classification: dict[str, Any] | None = Field(
        None, description="What it is about; empty where that could not be found out."
    )
    solutions: list[dict[str, Any]] = Field(
        default_factory=list, description="What is known to help, the best first."
    )
    estimated_resolution: str = Field("Unknown", examples=["30 minutes"])
    message: str = Field(examples=["Ticket created."])
    error: str | None = Field(None, description="Only where the question could not be analysed.")


class ChatSolvedOut(BaseModel):
    """A question that needs no ticket: answered with proof, or by a solution that the company lets a
    machine use (`auto_resolution`)."""

    status: Literal["resolved"] = "resolved"
    classification: dict[str, Any] | None
    solutions: list[dict[str, Any]]
    auto_resolution: dict[str, Any] | None = Field(
        description="can_auto_resolve, auto_action, confidence, reasoning; null for a cited answer."
    )
    message: str = Field(description="The answer; `[1]` refers to the citations of `solutions`.")
    resolution_time: Literal["Immediate"] = "Immediate"


class GlpiIn(BaseModel):
    """A ticket of GLPI: its own object or the flat one."""

    model_config = ConfigDict(extra="forbid")
    ticket_data: GlpiTicket = Field(
        examples=[
            {
                "id": "12345",
                "title": "Network connectivity issue",
                "description": "Unable to connect to the network",
                "requester_email": "rita@example.com",
                "requester_name": "Rita Requester",
                "category": "Network",
                "priority": "High",
            }
        ]
    )
    api_key: str | None = KEY_FIELD


class SolmanIn(BaseModel):
    """An incident of SAP Solution Manager."""

    model_config = ConfigDict(extra="forbid")
    ticket_data: SolmanIncident = Field(
        examples=[
            {
                "IncidentID": "8000001234",
                "ShortText": "Invoice run stops",
                "Description": "The nightly run ends with a dump.",
                "ReporterEmail": "rita@example.com",
                "ReporterName": "Rita Requester",
                "Priority": "1: Very High",
                "Category": "Application",
            }
        ]
    )
    api_key: str | None = KEY_FIELD


class EmailIn(BaseModel):
    """An e-mail handed over by another program."""

    model_config = ConfigDict(extra="forbid")
    email_data: EmailBody = Field(
        examples=[
            {
                "message_id": "<7a1f@mail.example.com>",
                "subject": "Printer is silent",
                "body": "It blinks, but nothing comes out.",
                "from": {"email": "rita@example.com", "name": "Rita Requester"},
            }
        ]
    )
    api_key: str | None = KEY_FIELD


class UnifiedIn(BaseModel):
    """A ticket of any source."""

    model_config = ConfigDict(extra="forbid")
    source: str = Field(
        examples=["GLPI"],
        description="GLPI, SOLMAN, EMAIL, WEB_FORM, CHATBOT or API; in any case.",
    )
    data: dict[str, Any] = Field(
        examples=[
            {
                "title": "Software installation request",
                "description": "An office suite, please.",
                "requester_email": "rita@example.com",
                "requester_name": "Rita Requester",
                "priority": "Medium",
            }
        ]
    )
    api_key: str | None = KEY_FIELD


class ChatIn(ChatQuestion):
    """A question from the chat."""

    api_key: str | None = KEY_FIELD


def json_body(shape: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` for a route that reads this JSON itself."""
    return _described("application/json", _flat_schema(shape))


def form_body() -> dict[str, Any]:
    """`openapi_extra` for the form with files."""
    schema = _flat_schema(WebForm)
    schema["properties"]["files"] = {
        "type": "array",
        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
    }
    return _described("multipart/form-data", schema)


REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Wrong, empty or missing API key."},
    403: {"description": "The key is for other sources, or may not create tickets."},
    413: {"description": "Too large."},
    422: {"description": "A field is malformed; `errors` names each by its path. What a known "
                         "sender sent is kept all the same, and `kept_as` says as what."},
}  # fmt: skip


def _described(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def _flat_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The schema with what it refers to put in place, as nothing collects it for these routes."""
    schema = shape.model_json_schema()
    definitions = schema.pop("$defs", {})

    def flat(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                name = part["$ref"].rsplit("/", 1)[-1]
                return flat({**definitions[name], **{k: v for k, v in part.items() if k != "$ref"}})
            return {key: flat(value) for key, value in part.items()}
        return [flat(each) for each in part] if isinstance(part, list) else part

    flattened: dict[str, Any] = flat(schema)
    return flattened
