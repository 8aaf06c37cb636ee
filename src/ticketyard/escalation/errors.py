"""What can be refused about escalation."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class BadEscalation(Invalid):
    """A policy or rota that cannot work; the text says why."""


class EscalationNotFound(NotFound):
    """No such policy."""


class RotaNotFound(NotFound):
    """No such rota."""


class EscalationNameTaken(Conflict):
    """There is one of this name already."""


class RotaInUse(Conflict):
    """A policy tells whoever is on call by this rota."""
