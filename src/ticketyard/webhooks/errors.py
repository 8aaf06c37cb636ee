"""What can be refused about webhooks."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class EndpointNotFound(NotFound):
    """No such endpoint."""


class DeliveryNotFound(NotFound):
    """No such delivery."""


class BadEndpoint(Invalid):
    """An endpoint that cannot be kept like this; the text names what is wrong."""


class EndpointIsOff(Conflict):
    """Nothing is sent to an endpoint that is switched off."""
