"""Pure: what triage knows of a company, and what it finds about one ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ticketyard.ai.classifying import Classifier
from ticketyard.triage.teams import NO_TEAM, NO_TEAMS, TeamFound, Teams

DEFAULT_THRESHOLD = 0.5

SPEC_LANGUAGES = {"ru": "RU", "kk": "KZ", "en": "ENG"}
"""The codes of spec 5; any other language is its ISO code in capitals."""


@dataclass(frozen=True)
class Profile:
    """What triage goes by for one company.

    categories: name to description, in the company's order.
    languages: ISO 639-1 codes; the first is taken where a text gives no sign.
    threshold: below this confidence a category is not filled in.
    model_threshold: the same where the model answered; None goes by `threshold`.
    first_names: what renamed categories were called first; word rules know them by that.
    """

    company_id: int
    categories: Mapping[str, str]
    languages: Sequence[str] = ("en",)
    threshold: float = DEFAULT_THRESHOLD
    model_threshold: float | None = None
    auto_categorize: bool = True
    auto_prioritize: bool = True
    auto_assign: bool = True
    teams: Teams = NO_TEAMS
    model: Classifier | None = None
    model_version: int | None = None
    first_names: Mapping[str, str] = field(default_factory=dict)

    def threshold_of(self, model_version: int | None) -> float:
        """From which confidence on an answer is filled in, of this version of the model or of none."""
        if model_version is None or self.model_threshold is None:
            return self.threshold
        return self.model_threshold


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything triage found about one text. A `category` below the threshold is kept as found.

    is_sure: whether the category may be filled in. need_admin: whether a person should look.
    kind: request, complaint or feedback. topic: one of the eight of contracts 4.6.
    evidence: field to the words that counted.
    is_strange: whether the text is about nothing the model was taught; it is never sure then.
    problem: why this holds for now only, and the text is read again; None when it is final.
    """

    ticket_id: int
    content_hash: str
    category: str | None
    category_confidence: float
    category_ranking: tuple[tuple[str, float], ...]
    is_sure: bool
    priority: str
    priority_confidence: float
    urgency: int
    sentiment: str
    sentiment_score: float
    language: str
    language_confidence: float
    summary: str
    engine: str
    model_version: int | None
    kind: str = "request"
    topic: str | None = None
    topic_confidence: float = 0.0
    team: TeamFound = NO_TEAM
    keywords: tuple[str, ...] = ()
    evidence: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_strange: bool = False
    problem: str | None = None

    @property
    def need_admin(self) -> bool:
        """Whether a person should look: no category is sure enough."""
        return not self.is_sure

    @property
    def confidence(self) -> float:
        """Of the analysis as a whole: as sure as its category."""
        return self.category_confidence
