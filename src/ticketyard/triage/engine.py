"""Pure: what each text is about, by the company's own lists; knows no table."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ticketyard.ai.classifying import Prediction
from ticketyard.ai.embedding import Embedder
from ticketyard.ai.keywords import find_keywords
from ticketyard.ai.labelling import rank_by_description
from ticketyard.ai.language import Language, identify_language
from ticketyard.ai.sentiment import NEGATIVE_BELOW, POSITIVE_ABOVE, Sentiment, read_sentiment
from ticketyard.ai.summary import find_reasons, summarize
from ticketyard.triage.advising import advise
from ticketyard.triage.coldstart import (
    APP_BROKEN,
    CLAIM,
    COMPLAINT,
    FRAUD,
    LETTER_CATEGORIES,
    SPAM,
    Finding,
    Reading,
    categorize,
    has_rules,
    is_letters,
)
from ticketyard.triage.findings import SPEC_LANGUAGES, Findings, Profile
from ticketyard.triage.preparing import TicketText, clean, worded
from ticketyard.triage.teams import TeamFound, find_teams
from ticketyard.triage.topics import REQUEST, find_kind, find_topics
from ticketyard.triage.urgency import judge_letter, judge_request

RULES = "rules"
DESCRIPTIONS = "descriptions"
CLASSIFIER = "classifier"


class Sorted(NamedTuple):
    """A text's category and who found it. is_strange: about nothing that its engine was taught."""

    finding: Finding
    engine: str
    is_strange: bool = False


# A claim or a theft is told by an unhappy person, however calm the words (contracts 5.4).
_FEELING_OF_MATTER = {FRAUD: -0.5, CLAIM: -0.3, COMPLAINT: -0.3, APP_BROKEN: -0.15}


def analyse(texts: Sequence[TicketText], profile: Profile, embedder: Embedder) -> list[Findings]:
    """What each text is about, in order; always by the company's own lists."""
    if not profile.first_names:
        return _analyse(texts, profile, embedder)
    called = {first: now for now, first in profile.first_names.items()}
    return [
        replace(
            each,
            category=each.category and called.get(each.category, each.category),
            category_ranking=tuple(
                (called.get(name, name), chance) for name, chance in each.category_ranking
            ),
        )
        for each in _analyse(texts, _by_first_names(profile), embedder)
    ]


def _by_first_names(profile: Profile) -> Profile:
    """The profile with renamed categories under the names that rules know them by; the new name says
    what they are about."""
    first = profile.first_names
    described = {
        first.get(name, name): f"{name.replace('_', ' ')}. {about}" if name in first else about
        for name, about in profile.categories.items()
    }
    model = profile.model
    if model is not None:
        model = model.relabelled(first)
    return replace(profile, categories=described, model=model, first_names={})


def _analyse(texts: Sequence[TicketText], profile: Profile, embedder: Embedder) -> list[Findings]:
    found: dict[int, Findings] = {}
    for names in dict.fromkeys(candidates(text, profile) for text in texts):
        group = [text for text in texts if candidates(text, profile) == names]
        found |= zip(map(id, group), _analyse_group(group, names, profile, embedder), strict=True)
    return [found[id(text)] for text in texts]


def candidates(text: TicketText, profile: Profile) -> tuple[str, ...]:
    """The categories this text may have. A desk that sorts both clients' letters and requests of
    its own house keeps them apart: a letter is what comes from a client with a segment."""
    names = tuple(profile.categories)
    letters = tuple(name for name in names if name in LETTER_CATEGORIES)
    others = tuple(name for name in names if name not in LETTER_CATEGORIES)
    if not is_letters(names) or not others:
        return names
    return letters if text.segment else others


def _analyse_group(
    texts: Sequence[TicketText], names: tuple[str, ...], profile: Profile, embedder: Embedder
) -> list[Findings]:
    contents = [text.content for text in texts]
    feelings = [read_sentiment(content) for content in contents]
    categories = _categories(texts, contents, feelings, names, profile, embedder)
    found = [
        _findings(text, content, feeling, category, is_letters(names), profile)
        for text, content, feeling, category in zip(
            texts, contents, feelings, categories, strict=True
        )
    ]
    readings = [
        Reading(clean(text.title), content, feeling)
        for text, content, feeling in zip(texts, contents, feelings, strict=True)
    ]
    spoken = [worded(content) for content in contents]
    topics = find_topics(readings, embedder)
    teams = find_teams(spoken, profile.teams, embedder)
    return [_placed(*each) for each in zip(found, readings, topics, teams, strict=True)]


def _categories(
    texts: Sequence[TicketText],
    contents: Sequence[str],
    feelings: Sequence[Sentiment],
    names: tuple[str, ...],
    profile: Profile,
    embedder: Embedder,
) -> list[Sorted]:
    """The category of each text among these names, and the engine that found it."""
    model = profile.model
    readings = [
        Reading(clean(text.title), content, feeling)
        for text, content, feeling in zip(texts, contents, feelings, strict=True)
    ]
    # A model that never saw one of these categories has nothing to say here.
    if model is not None and set(model.labels) & set(names):
        untaught = set(names) - set(model.labels)
        threshold = profile.threshold_of(profile.model_version)
        predictions = zip(model.predict(contents, embedder), contents, readings, strict=True)
        return [
            _untaught(_allowed(prediction, names), reading, names, untaught, threshold)
            if worded(content)
            else Sorted(Finding(None, 0.0), CLASSIFIER, is_strange=True)
            for prediction, content, reading in predictions
        ]
    found = [categorize(reading, names) for reading in readings]
    if all(map(has_rules, names)):
        return [Sorted(finding, RULES) for finding in found]
    described = {
        name: f"{name.replace('_', ' ')}. {about}" if about else name.replace("_", " ")
        for name, about in profile.categories.items()
        if name in names
    }
    ranked = rank_by_description(contents, described, embedder)
    return [
        _surer(finding, tuple(ranking) if worded(content) else ())
        for finding, ranking, content in zip(found, ranked, contents, strict=True)
    ]


def _allowed(prediction: Prediction, names: tuple[str, ...]) -> Sorted:
    """The prediction among the categories that may be answered; the others' share is lost."""
    ranking = tuple(
        (label, round(chance, 4)) for label, chance in prediction.ranking if label in names
    )
    if not ranking:
        return Sorted(Finding(None, 0.0), CLASSIFIER)
    best, chance = ranking[0]
    evidence = prediction.evidence if best == prediction.label else ()
    finding = Finding(best, chance, ranking, evidence)
    return Sorted(finding, CLASSIFIER, is_strange=not prediction.is_in_scope)


def _untaught(
    found: Sorted, reading: Reading, names: tuple[str, ...], untaught: set[str], threshold: float
) -> Sorted:
    """What was found, unless it is unsure and rules see a category that nobody taught the model: it
    cannot but take such a text for something else."""
    is_sure = found.finding.confidence >= threshold and not found.is_strange
    if not untaught or is_sure:
        return found
    by_rules = categorize(reading, names)
    is_better = found.is_strange or by_rules.confidence > found.finding.confidence
    return Sorted(by_rules, RULES) if by_rules.value in untaught and is_better else found


def _surer(finding: Finding, ranking: tuple[tuple[str, float], ...]) -> Sorted:
    if ranking and ranking[0][1] > finding.confidence:
        return Sorted(Finding(ranking[0][0], ranking[0][1], ranking), DESCRIPTIONS)
    return Sorted(finding, RULES)


def _findings(
    text: TicketText,
    content: str,
    feeling: Sentiment,
    found: Sorted,
    is_letter: bool,
    profile: Profile,
) -> Findings:
    category = found.finding
    version = profile.model_version if found.engine == CLASSIFIER else None
    is_sure = (
        category.value is not None
        and not found.is_strange
        and category.confidence >= profile.threshold_of(version)
    )
    sure_category = category.value if is_sure else None
    language = _language(content, profile, is_letter=is_letter)
    if is_letter:
        feeling = felt(feeling, category.value)
        urgency = judge_letter(sure_category, category.confidence, text.segment, feeling, content)
        summary = advise(content, sure_category, urgency.value)
    else:
        urgency = judge_request(clean(text.title), text.tags, content, feeling, text.segment)
        summary = summarize(content)
    return Findings(
        ticket_id=text.ticket_id,
        content_hash=text.content_hash,
        category=category.value,
        category_confidence=category.confidence,
        category_ranking=category.ranking[:5],
        is_sure=is_sure,
        priority=urgency.priority,
        priority_confidence=urgency.confidence,
        urgency=urgency.value,
        sentiment=feeling.label,
        sentiment_score=feeling.score,
        language=SPEC_LANGUAGES.get(language.code, language.code.upper()),
        language_confidence=language.confidence,
        summary=summary,
        engine=found.engine,
        model_version=version,
        is_strange=found.is_strange,
        evidence={
            "category": category.evidence,
            "priority": urgency.evidence,
            "sentiment": feeling.evidence,
            "language": language.evidence,
            "summary": find_reasons(content, summary),
        },
    )


def _placed(found: Findings, reading: Reading, topic: Finding, team: TeamFound) -> Findings:
    """The findings with where in the house the text belongs."""
    kind = find_kind(reading)
    more = {"kind": kind.evidence, "topic": topic.evidence, "team": team.evidence}
    return replace(
        found,
        kind=kind.value or REQUEST,
        topic=topic.value,
        topic_confidence=topic.confidence,
        team=team,
        keywords=find_keywords(reading.text),
        evidence={**found.evidence, **more},
    )


def _language(content: str, profile: Profile, *, is_letter: bool) -> Language:
    """The language; a letter without words, such as one that is only a picture, is taken as
    Russian (contracts 5.2), so that nobody is asked for who speaks a language it is not in."""
    if is_letter and not content and "ru" in profile.languages:
        return Language("ru", 0.0)
    return identify_language(content, profile.languages)


def felt(feeling: Sentiment, category: str | None) -> Sentiment:
    """The feeling with what the matter itself says of it."""
    if category == SPAM:
        return Sentiment("neutral", 0.0, 0.8, ())
    shift = _FEELING_OF_MATTER.get(category or "", 0.0)
    if not shift or feeling.score > POSITIVE_ABOVE:
        return feeling
    score = round(max(-1.0, feeling.score + shift), 2)
    label = "negative" if score <= NEGATIVE_BELOW else feeling.label
    return Sentiment(label, score, feeling.confidence, feeling.evidence)
