"""What can be refused about routing."""

from ticketyard.core.errors import NotFound


class ReceiptNotFound(NotFound):
    """Routing has not decided about this ticket yet."""
