"""What a program's chat sent, as the knowledge is asked."""

from dataclasses import replace
from typing import Any

from ticketyard.intake.arrivals import Arrival, short_reference
from ticketyard.knowledge.chatbot.programs import ProgramQuestion, reference_of
from ticketyard.web.envelopes import Envelope

NEEDS_TICKET = "needs_ticket"


def question_of(envelope: Envelope, arrival: Arrival) -> ProgramQuestion:
    """The question, and what makes it the same when it comes again."""
    ticket, message = arrival.ticket, envelope.message
    context = ticket.source_data.get("context")
    told: dict[str, Any] = context if isinstance(context, dict) else {}
    return ProgramQuestion(
        text=ticket.description,
        email=ticket.requester_email or "",
        reference=reference_of(envelope.by, told, ticket.description, message.key),
        sha256=message.sha256,
        by_key=message.key is not None,
        needs_ticket=told.get(NEEDS_TICKET) is True,
    )


def referred(arrival: Arrival, asked: ProgramQuestion) -> Arrival:
    """The same, recognised when it comes again."""
    if asked.by_key or asked.reference is None:
        return arrival
    reference = short_reference(asked.reference)
    return replace(arrival, ticket=replace(arrival.ticket, source_reference=reference))
