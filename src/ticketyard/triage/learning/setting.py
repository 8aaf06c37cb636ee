"""What a company decides about learning: how often triage may be wrong, and whether to try first."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.people.companies import set_settings
from ticketyard.people.queries import get_company
from ticketyard.triage.learning.errors import BadLearningSetting
from ticketyard.triage.learning.storing import SHADOW_SETTING
from ticketyard.triage.queries import DEFAULT_MAX_ERROR, EXPLICIT_THRESHOLD, MAX_ERROR

LEAST_ERROR, MOST_ERROR = 0.01, 0.2


@dataclass(frozen=True)
class LearningSettings:
    """max_error: the share of answers filled in that may be wrong.

    threshold: a confidence chosen by hand, which then counts instead; None leaves it to `max_error`.
    shadow: new versions answer without effect first.
    """

    max_error: float = DEFAULT_MAX_ERROR
    threshold: float | None = None
    shadow: bool = False


async def get_learning_settings(session: AsyncSession) -> LearningSettings:
    """What this company decided."""
    settings = (await get_company(session)).settings
    explicit = settings.get(EXPLICIT_THRESHOLD)
    return LearningSettings(
        max_error=float(settings.get(MAX_ERROR, DEFAULT_MAX_ERROR)),
        threshold=None if explicit is None else float(explicit),
        shadow=bool(settings.get(SHADOW_SETTING, False)),
    )


async def set_learning_settings(
    session: AsyncSession, wanted: LearningSettings, *, by: Principal
) -> None:
    """Decide anew. Raises BadLearningSetting."""
    if not LEAST_ERROR <= wanted.max_error <= MOST_ERROR:
        raise BadLearningSetting(
            f"The share that may be wrong lies between {LEAST_ERROR} and {MOST_ERROR}."
        )
    if wanted.threshold is not None and not 0 <= wanted.threshold <= 1:
        raise BadLearningSetting("A threshold is a confidence between 0 and 1.")
    await set_settings(
        session,
        by=by,
        **{
            MAX_ERROR: wanted.max_error,
            EXPLICIT_THRESHOLD: wanted.threshold,
            SHADOW_SETTING: wanted.shadow or None,
        },
    )
