"""Pure: may a ticket be resolved without a person, by what, and why or why not.

Source: contracts 1.6. `decide` is the rule for every source; `held_back` is what we ask besides
before a ticket that nobody watches is resolved (docs/decisions/0114).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ticketyard.triage.coldstart import CLAIM, COMPLAINT, FRAUD
from ticketyard.triage.resolving.ranking import Candidate

DEFAULT_CATEGORIES: Final = ("password_reset",)
MIN_CONFIDENCE: Final = 0.8
MIN_SOLUTION_CONFIDENCE: Final = 0.9
AUTO_KINDS: Final = ("self_service_link", "automated_script")
# What the documents call our category.
_ALSO: Final = {"password": "password_reset"}

MAX_AGE: Final = timedelta(hours=24)
_NEVER_CATEGORIES: Final = frozenset({COMPLAINT, CLAIM, FRAUD})
_NEVER_SEGMENTS: Final = frozenset({"vip", "priority"})
_UNTOUCHED: Final = frozenset({"open", "assigned"})


@dataclass(frozen=True)
class Decision:
    """auto_action: the action's name, or `self_service_link`. confidence: of the weaker link.

    solution_id: the solution that came first, also where it may not be used.
    """

    can_auto_resolve: bool
    auto_action: str | None
    confidence: float
    reasoning: str
    solution_id: int | None = None


def decide(
    category: str | None,
    confidence: float,
    ranked: Sequence[Candidate],
    categories: Collection[str],
) -> Decision:
    """Whether the first of the solutions may do it by itself.

    confidence: of the classification. ranked: active solutions of the category, the best first.
    categories: those the company lets a machine resolve.
    """
    first = ranked[0] if ranked else None
    if refusal := _refusal(category, confidence, first, categories):
        return Decision(False, None, 0.0, refusal, first.solution_id if first else None)
    assert first is not None
    how = "a link to help oneself" if first.kind == "self_service_link" else first.action
    return Decision(
        True,
        first.action if first.kind == "automated_script" else first.kind,
        round(min(confidence, first.confidence), 4),
        f"It is {category} ({confidence:.2f} sure), and “{first.title}”, {how}, works in"
        f" {first.confidence:.0%} of cases.",
        first.solution_id,
    )


def _refusal(
    category: str | None, confidence: float, first: Candidate | None, categories: Collection[str]
) -> str | None:
    if category is None or normal_category(category) not in map(normal_category, categories):
        return f"{category or 'No category'} is none that a machine may resolve here."
    if not confidence > MIN_CONFIDENCE:
        return f"{category} is only {confidence:.2f} sure; more than {MIN_CONFIDENCE} is asked."
    if first is None:
        return f"There is no active solution for {category}."
    if first.kind not in AUTO_KINDS:
        return f"The best solution, “{first.title}”, needs a person."
    if not first.confidence > MIN_SOLUTION_CONFIDENCE:
        return (
            f"“{first.title}” works in {first.confidence:.0%} of cases; more than"
            f" {MIN_SOLUTION_CONFIDENCE:.0%} is asked."
        )
    return None


def normal_category(name: str) -> str:
    """As categories are compared: spec 1's `Password` is our password_reset."""
    plain = name.strip().casefold().replace(" ", "_")
    return _ALSO.get(plain, plain)


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of a ticket besides what it is about.

    touched: a person other than the requester did something on it. tried: a machine resolved it, or
    tried to, before. automatic_mail: why the mail that opened it is not answered by a machine.
    cannot_be_told: why nobody would hear of it; what is resolved in silence is lost.
    today: how many tickets of this requester a machine resolved within a day.
    """

    source: str
    status: str
    created_at: datetime
    segment: str | None = None
    category: str | None = None
    kind: str | None = None
    sentiment: str | None = None
    touched: bool = False
    tried: bool = False
    cannot_be_told: str = ""
    automatic_mail: str = ""
    today: int = 0


def held_back(about: Circumstances, *, now: datetime, per_day: int) -> str | None:
    """Why this ticket goes to a person whatever the rule says; None where nothing speaks against.

    per_day: how many tickets of one requester a machine may resolve within 24 hours.
    """
    checks = (
        (about.source == "alert", "An alert is not answered by a machine."),
        (about.status not in _UNTOUCHED, f"It is {about.status}."),
        (about.tried, "A machine has tried once already."),
        (about.touched, "A person has taken it up."),
        ((about.segment or "").casefold() in _NEVER_SEGMENTS, f"The client is {about.segment}."),
        (about.kind == "complaint" or about.category in _NEVER_CATEGORIES, "It is a complaint."),
        (about.sentiment == "negative", "Its writer is unhappy."),
        (bool(about.automatic_mail), about.automatic_mail),
        (bool(about.cannot_be_told), about.cannot_be_told),
        (now - about.created_at > MAX_AGE, "It is older than a day."),
        (about.today >= per_day, f"{per_day} tickets a day of one requester are enough."),
    )
    return next((why for applies, why in checks if applies), None)
