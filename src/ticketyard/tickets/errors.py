"""What can be refused about tickets."""

from ticketyard.core.errors import Conflict, Invalid, NotAllowed, NotFound


class TicketNotFound(NotFound):
    """No such ticket, or not yours to see: the answer is the same."""


class AttachmentNotFound(NotFound):
    """No such file on a ticket you may see."""


class CommentNotFound(NotFound):
    """No such comment on a ticket of this company."""


class IllegalTransition(Conflict):
    """The status cannot follow on the present one; `allowed` says which can."""


class TicketFinished(Conflict):
    """The ticket's work is over; reopen it first."""


class TicketChangedMeanwhile(Conflict):
    """Somebody else saved the ticket since it was read; `version` is the present one."""


class CategoryNotFound(NotFound):
    """No such category."""


class CategoryTaken(Conflict):
    """Another category is, or was, called so."""


class BadCategory(Invalid):
    """A category's name or description that cannot be kept."""


class UnknownCategory(Invalid):
    """Not one of the company's categories."""


class BadField(Invalid):
    """A field was given a value it cannot have."""


class BadStatus(Invalid):
    """No status, or a word that is none; spec 2 answers 400."""

    http_status = 400


class BadComment(Invalid):
    """A comment without a text, or with too much of it."""


class MissingComment(BadComment):
    """No text at all; spec 2 answers 400."""

    http_status = 400


class NotForRequesters(NotAllowed):
    """Only who works at the desk may do this."""


class ViewNotFound(NotFound):
    """No such saved view of yours."""


class TooManyViews(Conflict):
    """So many saved views already that one must go first."""


class TicketMerged(Conflict):
    """Another ticket took this one in; `merged_into` and `merged_into_number` say which."""


class BadMerge(Conflict):
    """These tickets cannot become one."""


class BadSplit(Invalid):
    """Nothing to split off, or comments of another ticket."""


class BadLink(Conflict):
    """A link that would contradict itself or another."""


class LinkNotFound(NotFound):
    """No such link of this ticket."""


class FieldNotFound(NotFound):
    """No such custom field here."""


class MacroNotFound(NotFound):
    """No such macro here."""


class TemplateNotFound(NotFound):
    """No such ticket template here."""


class StepNotFound(NotFound):
    """No such step in the company's way of working."""


class NameTaken(Conflict):
    """Another of its kind has this name."""


class OtherStep(Conflict):
    """The ticket is not on the step that the caller took it to be on; `step` says where it is."""


class NobodyHasIt(Conflict):
    """A step for tickets that somebody has, and nobody has this one."""
