"""What can be refused about alerts."""

from ticketyard.core.errors import Invalid


class MissingField(Invalid):
    """A field that every alert needs is not there."""

    title = "Missing field"
    http_status = 400
