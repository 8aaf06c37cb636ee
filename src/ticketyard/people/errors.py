"""What can be refused about people."""

from ticketyard.core.errors import Conflict, Invalid, NotFound, NotKnown


class CompanyNotFound(NotFound):
    """No such company."""


class PersonNotFound(NotFound):
    """No such person, or not of this company."""


class AgentNotFound(NotFound):
    """No such agent, or the person is no agent any more."""


class OfficeNotFound(NotFound):
    """No such office."""


class TeamNotFound(NotFound):
    """No such team."""


class KeyNotFound(NotFound):
    """No such API key."""


class EmailTaken(Conflict):
    """Somebody of this company has that e-mail address already."""


class NameTaken(Conflict):
    """Something of this company has that name already."""


class WeakPassword(Invalid):
    """The password is too short or too long."""


class BadEmail(Invalid):
    """That is not an e-mail address."""


class BadPhone(Invalid):
    """That is not a telephone number with its country."""


class WrongPassword(Invalid):
    """Not the present password of whoever wants to change it."""


class WrongLogin(NotKnown):
    """E-mail address and password do not belong together, or the account is switched off."""


class TooManyAttempts(NotKnown):
    """So many wrong passwords of late that the next try must wait."""


class InvalidKey(NotKnown):
    """No such API key, or it was revoked."""
