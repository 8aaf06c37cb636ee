"""What can be refused about knowledge."""

from ticketyard.core.errors import Conflict, Invalid, NotAllowed, NotFound


class DocumentNotFound(NotFound):
    """There is no such document, or whoever asks may not know of it."""


class FileRefused(Invalid):
    """The file cannot be taken; the text says why. 400, as the documents want it."""

    http_status = 400


class BadArticle(Invalid):
    """The article cannot be saved as it is; the text says why."""


class MayNotPublish(NotAllowed):
    """Only those who publish may do this."""


class ArticleChangedMeanwhile(Conflict):
    """Somebody else has saved it since it was opened."""


class TicketNotSolved(Conflict):
    """Of a ticket that is not solved, no article is made."""


class ArticleExists(Conflict):
    """Of this ticket there is an article already; `file_id` says which."""


class NoVoter(NotAllowed):
    """Only people say whether something helped them."""


class BadSolution(Invalid):
    """The steps cannot be kept as they are; the text says why."""


class NothingToAsk(Conflict):
    """There is nothing to look through, or nobody waits for an answer any more."""


class ConversationNotFound(NotFound):
    """There is no such conversation, or it is somebody else's."""


class ChatTooLong(Conflict):
    """Enough was said in this conversation."""


class NotOffered(Conflict):
    """This choice is not offered at this moment."""


class ChatOff(NotFound):
    """This company has no chat."""


class WrongCode(Invalid):
    """It is not the code that was sent."""


class CodeOver(Conflict):
    """The code is used up, too old, or was never sent."""


class TooManyCodes(Conflict):
    """This conversation has asked for codes too often."""

    title = "Too many requests"
    http_status = 429
