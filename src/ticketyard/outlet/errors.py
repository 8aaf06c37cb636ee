"""What can be refused at the outlet."""

from ticketyard.core.errors import Conflict


class OutletIsOff(Conflict):
    """No broker is configured, so nothing can be sent again."""
