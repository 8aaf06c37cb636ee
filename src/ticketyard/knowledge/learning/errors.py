"""What can be refused about gaps, drafts of solved tickets and learned rankings."""

from ticketyard.core.errors import Conflict, NotFound


class GapNotFound(NotFound):
    """There is no such gap."""


class GapHasArticle(Conflict):
    """Somebody writes about it already; `file_id` says where."""


class ProposalNotFound(NotFound):
    """There is no such draft, or somebody has decided on it."""


class RankingNotFound(NotFound):
    """No such ranking was learned, or it was never better than the one that comes along."""
