"""What can be refused about mail out."""

from ticketyard.core.errors import Conflict, Invalid, NotAllowed, NotFound


class MailNotFound(NotFound):
    """No such mail of ours."""


class MailUnderway(Conflict):
    """The mail is being sent just now, or has left."""


class MailToOurselves(Conflict):
    """It would come back to one of our own mailboxes."""


class NoMailServer(Conflict):
    """No server is configured that mail could leave by."""


class BadTemplate(Invalid):
    """A template that could not be filled in; the text names the placeholder."""


class TemplateNotFound(NotFound):
    """No template has this name, or none is written in this language."""


class BadRecipient(Invalid):
    """Mail cannot be sent to this address."""


class TargetNotFound(NotFound):
    """No such target of notifications."""


class BadTarget(Invalid):
    """A target that cannot be kept like this; the text names what is wrong."""


class NotificationNotFound(NotFound):
    """No such notification of one's own."""


class KeysAreToldNothing(NotAllowed):
    """Notifications are for people."""


class BadPreference(Invalid):
    """There is no such kind of notification, or no such channel."""
