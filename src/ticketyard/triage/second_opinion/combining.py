"""Pure: one finding of two, the local engines' and the model's, no surer than both make it.

The category follows Bayes: the local chances are weighed by how often the model says what is right. Where
both agree the confidence rises, where they differ it falls, and never above what a model of
unknown make deserves, or a model of ours had shown (docs/decisions/0112).
"""

from collections.abc import Mapping
from dataclasses import replace

from ticketyard.ai.sentiment import Sentiment, read_sentiment
from ticketyard.triage.advising import advise
from ticketyard.triage.coldstart import is_letters
from ticketyard.triage.engine import candidates, felt
from ticketyard.triage.findings import SPEC_LANGUAGES, Findings, Profile
from ticketyard.triage.preparing import TicketText, clean
from ticketyard.triage.second_opinion.opinion import Opinion
from ticketyard.triage.urgency import Urgency, judge_letter, judge_request, judge_said

ENGINE = "language_model"

TRUST = 0.7
"""How often a model is taken to name the right category. Where the local engines know nothing, this
is what its word is worth."""

MAX_CONFIDENCE = 0.85

# Share of the local chances that is spread over all categories: what was ranked as impossible may be right.
_DOUBT = 0.1
_SURE_LANGUAGE = 0.7
# From here on words of the subject settled the priority (contracts 3.3), and no model overrules them.
_SETTLED = 0.7
_SCORE = {"negative": -0.6, "neutral": 0.0, "positive": 0.6}


def combine(text: TicketText, local: Findings, opinion: Opinion, profile: Profile) -> Findings:
    """What is found, with the model's word taken into account; always of the company's own lists."""
    names = candidates(text, profile)
    chances = _chances(names, local, opinion)
    shown = dict(local.category_ranking) if local.model_version is not None else {}
    capped = {
        name: round(min(max(MAX_CONFIDENCE, shown.get(name, 0.0)), chance), 4)
        for name, chance in chances.items()
    }
    ranking = tuple(sorted(capped.items(), key=lambda each: -each[1]))
    category, confidence = ranking[0] if ranking else (None, 0.0)
    if opinion.category is None:
        category, confidence, ranking = _unmoved(local, names)
    is_sure = (
        category is not None
        and not local.is_strange
        and confidence >= profile.threshold_of(local.model_version)
    )
    feeling = _feeling(text, opinion)
    sure = category if is_sure else None
    if is_letters(names):
        feeling = felt(feeling, category)
        urgency = judge_letter(sure, confidence, text.segment, feeling, text.content)
        summary = advise(text.content, sure, urgency.value, summary=opinion.summary)
    else:
        urgency = _urgency(text, feeling, opinion)
        summary = opinion.summary or local.summary
    language, language_confidence = _language(local, opinion)
    kept = local.evidence.get("category", ()) if category == local.category else ()
    return replace(
        local,
        category=category,
        category_confidence=confidence,
        category_ranking=ranking[:5],
        is_sure=is_sure,
        priority=urgency.priority,
        priority_confidence=urgency.confidence,
        urgency=urgency.value,
        sentiment=feeling.label,
        sentiment_score=feeling.score,
        language=language,
        language_confidence=language_confidence,
        summary=summary,
        engine=ENGINE,
        model_version=None,
        evidence={**local.evidence, "category": kept, "priority": urgency.evidence},
    )


def _chances(names: tuple[str, ...], local: Findings, opinion: Opinion) -> Mapping[str, float]:
    """Each category's chance after the model's word, before the cap."""
    if not names:
        return {}
    ranked = {name: chance for name, chance in local.category_ranking if name in names}
    if local.category in names:
        ranked.setdefault(str(local.category), local.category_confidence)
    total = sum(ranked.values())
    scale = 1.0 / total if total > 1.0 else 1.0
    # What the ranking leaves open may be any of them.
    spread = (1.0 - min(1.0, total)) / len(names)
    before = {
        name: (1 - _DOUBT) * (ranked.get(name, 0.0) * scale + spread) + _DOUBT / len(names)
        for name in names
    }
    wrong = (1.0 - TRUST) / max(1, len(names) - 1)
    after = {
        name: chance * (TRUST if name == opinion.category else wrong)
        for name, chance in before.items()
    }
    whole = sum(after.values())
    return {name: chance / whole for name, chance in after.items()}


def _unmoved(
    local: Findings, names: tuple[str, ...]
) -> tuple[str | None, float, tuple[tuple[str, float], ...]]:
    """The local category, where the model names none; of what is no longer on the list nothing."""
    if local.category in names:
        return local.category, local.category_confidence, local.category_ranking
    return None, 0.0, tuple(each for each in local.category_ranking if each[0] in names)


def _feeling(text: TicketText, opinion: Opinion) -> Sentiment:
    read = read_sentiment(text.content)
    if opinion.sentiment is None or opinion.sentiment == read.label:
        return read
    return Sentiment(opinion.sentiment, _SCORE[opinion.sentiment], TRUST, read.evidence)


def _urgency(text: TicketText, feeling: Sentiment, opinion: Opinion) -> Urgency:
    judged = judge_request(clean(text.title), text.tags, text.content, feeling, text.segment)
    if opinion.priority is None or judged.confidence >= _SETTLED:
        return judged
    if opinion.priority == judged.priority:
        return replace(judged, confidence=max(judged.confidence, TRUST))
    # A text may have ordered it: what calls people out at night takes more than a model's word.
    said = "urgent" if opinion.priority == "critical" else opinion.priority
    return judge_said(said, text.segment)


def _language(local: Findings, opinion: Opinion) -> tuple[str, float]:
    if opinion.language is None or local.language_confidence >= _SURE_LANGUAGE:
        return local.language, local.language_confidence
    return SPEC_LANGUAGES.get(opinion.language, opinion.language.upper()), TRUST
