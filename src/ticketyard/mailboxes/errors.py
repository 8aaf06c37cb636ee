"""What can be refused about mailboxes and mail."""

from ticketyard.core.errors import Conflict, Invalid, NotFound


class MailboxNotFound(NotFound):
    """No such mailbox."""


class MailboxTaken(Conflict):
    """There is a mailbox with this address and folder already."""


class BadMailbox(Invalid):
    """A mailbox that cannot work as described; the text says why."""


class MailNotFound(NotFound):
    """No such mail."""


class MailNotFiled(Conflict):
    """The mail belongs to no ticket yet, or to that one already."""


class MailStays(Conflict):
    """The mail cannot be moved; the text says why."""


class WorkflowNotFound(NotFound):
    """No such workflow."""


class WorkflowNameTaken(Conflict):
    """There is a workflow of this name already."""


class BadWorkflow(Invalid):
    """A workflow that cannot run; the text names the step and what is wrong with it."""


class StepFailed(Invalid):
    """A step of a workflow could not be taken; the text says why."""


class TicketsFromMailOff(Conflict):
    """TICKET_ENABLED or TICKET_EMAIL_INTEGRATION is off."""
