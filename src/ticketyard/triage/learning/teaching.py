"""Pure: one whole lesson: screen the examples, teach a candidate, judge it, teach it all."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ticketyard.ai.classifying import Classifier, ModelUnreadable, load_classifier
from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.ai.labelling import rank_by_description
from ticketyard.ai.ngrams import words_of
from ticketyard.ai.training import CannotLearn, Tell, refit, train
from ticketyard.triage.engine import analyse
from ticketyard.triage.errors import CannotTrain
from ticketyard.triage.findings import Profile
from ticketyard.triage.learning.examples import Example, spelled_alike, split_digests
from ticketyard.triage.learning.gate import Answer, Trial, Verdict, judge
from ticketyard.triage.learning.holdouts import Split, hold_out
from ticketyard.triage.learning.remembering import Remembering
from ticketyard.triage.learning.screening import Opinion, screen
from ticketyard.triage.preparing import TicketText

MIN_EXAMPLES = 10
"""Of what people filed; a file may bring fewer, one for each label."""

MANY_EXAMPLES = 1_000
"""From so many on, the candidate's held-out texts are enough to set a confidence by; teaching all
anew three times over would take most of the time and show little more."""

_HASHED = 512


@dataclass(frozen=True)
class Assignment:
    """What is to be learned, and what answers today.

    descriptions: label to its words; empty for labels that explain themselves.
    champion: the bytes of the model in use.  learned: digests of what it was taught, joined.
    languages: of the company; what answers without a model goes by them.
    unlabelled: texts of its tickets of which nobody said what they are about.
    least: fewer examples than this are refused.  vectors: of texts met before, as `Outcome` gave them.
    """

    examples: Sequence[Example]
    descriptions: Mapping[str, str]
    field: str = "category"
    champion: bytes = b""
    learned: bytes = b""
    languages: Sequence[str] = ("en",)
    unlabelled: Sequence[str] = ()
    is_forced: bool = False
    least: int = MIN_EXAMPLES
    vectors: bytes = b""


@dataclass(frozen=True)
class AsideNote:
    """An example held back: its place in the assignment, and why."""

    place: int
    reason: str
    says: str | None
    certainty: float


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    problem: why nothing was taught, as a sentence; then there is no verdict.
    model: empty when the candidate was rejected.  metrics: on texts held out of the training.
    learned: digests of all it was taught, joined.  vectors: of all that was read, for the next lesson.
    """

    examples: int
    fresh: int
    aside: tuple[AsideNote, ...] = ()
    problem: str = ""
    verdict: Verdict | None = None
    model: bytes = b""
    labels: tuple[str, ...] = ()
    embedder: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    learned: bytes = b""
    vectors: bytes = b""


def teach(assignment: Assignment, embedder: Embedder, tell: Tell | None = None) -> Outcome:
    """Learn what is to be learned, and judge it by what was held back. Raises CannotTrain."""
    tell = tell or (lambda stage, share: None)
    embedder = Remembering(embedder, assignment.vectors)
    examples = spelled_alike(assignment.examples, list(assignment.descriptions))
    champion = _champion(assignment, embedder)
    learned = split_digests(assignment.learned) if champion else frozenset()
    tell("reading", 0.0)
    texts = [example.text for example in examples]
    vectors = embedder.embed(texts) if embedder.dimensions else hashed(texts)
    tell("screening", 0.2)
    screened = screen(
        examples,
        vectors,
        learned=learned,
        opinions=_opinions(champion, examples, learned, embedder),
    )
    kept = [examples[place] for place in screened.kept]
    aside = tuple(
        AsideNote(each.place, each.reason, each.says, each.certainty) for each in screened.aside
    )
    fresh = sum(example.digest not in learned for example in examples)
    if problem := _not_enough(kept, aside, learned, assignment.least):
        return Outcome(
            problem=problem,
            examples=len(kept),
            fresh=fresh,
            aside=aside,
            vectors=embedder.packed(),
        )

    split = hold_out(kept, learned)
    candidate, metrics = _taught(kept, split.teach, assignment, embedder, _part(tell, 0.3, 0.6))
    tell("judging", 0.6)
    verdict = _judged(kept, split, candidate, champion, learned, assignment, embedder)
    verdict = replace(verdict, is_forced=assignment.is_forced and not verdict.passed)
    taught = [*kept, *(examples[place] for place in screened.covered)]
    outcome = Outcome(
        verdict=verdict,
        labels=candidate.labels,
        embedder=candidate.embedder_name,
        metrics=metrics,
        examples=len(kept),
        fresh=fresh,
        learned=b"".join(sorted({example.digest for example in taught})),
        aside=aside,
    )
    if verdict.passed or verdict.is_forced:
        everything = range(len(kept))
        if len(split.teach) >= MANY_EXAMPLES:
            final = _refitted(candidate, kept, everything, assignment, embedder)
        else:
            last = _part(tell, 0.65, 0.98)
            final, metrics = _taught(kept, everything, assignment, embedder, last)
        outcome = replace(outcome, model=final.to_bytes(), labels=final.labels, metrics=metrics)
    tell("done", 1.0)
    return replace(outcome, vectors=embedder.packed())


def hashed(texts: Sequence[str]) -> Vectors:
    """Words as vectors of length one, where there is no embedding model: enough to find likes."""
    found = np.zeros((len(texts), _HASHED), np.float32)
    for place, text in enumerate(texts):
        for word, count in Counter(words_of(text)).items():
            digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).digest()
            found[place, int.from_bytes(digest, "big") % _HASHED] += 1 + np.log(count)
    # A word that most texts have tells nothing.
    found *= np.log((1 + len(texts)) / (1 + (found > 0).sum(axis=0))) + 0.1
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(lengths > 0, lengths, 1), np.float32)


def _champion(assignment: Assignment, embedder: Embedder) -> Classifier | None:
    """The model in use, unless it cannot be read here: rules answer then, and are the measure."""
    if not assignment.champion:
        return None
    try:
        champion = load_classifier(assignment.champion)
        champion.check(embedder)
    except ModelUnreadable:
        return None
    return champion


def _opinions(
    champion: Classifier | None,
    examples: Sequence[Example],
    learned: Collection[bytes],
    embedder: Embedder,
) -> dict[int, Opinion]:
    if champion is None:
        return {}
    fresh = [place for place, each in enumerate(examples) if each.digest not in learned]
    predictions = champion.predict([examples[place].text for place in fresh], embedder)
    return {
        place: Opinion(each.label, dict(each.ranking))
        for place, each in zip(fresh, predictions, strict=True)
    }


def _not_enough(
    kept: Sequence[Example], aside: Sequence[AsideNote], learned: Collection[bytes], least: int
) -> str:
    """Why there is nothing to learn here; empty when there is."""
    if len(kept) < least:
        more = f", {len(aside)} more were set aside" if aside else ""
        if not kept:
            return f"There is no example to learn from yet{more}; {least} are needed."
        can = "1 example" if len(kept) == 1 else f"{len(kept)} examples"
        return f"Only {can} can be learned from{more}; {least} are needed."
    if learned and aside and all(example.digest in learned for example in kept):
        return (
            f"All {len(aside)} new examples contradict what is known; they were set aside, and nothing"
            " new is left to learn."
        )
    return ""


def _taught(
    examples: Sequence[Example],
    places: Sequence[int],
    assignment: Assignment,
    embedder: Embedder,
    tell: Tell | None,
) -> tuple[Classifier, Mapping[str, Any]]:
    try:
        lesson = train(
            [examples[place].text for place in places],
            [examples[place].label for place in places],
            embedder,
            descriptions=assignment.descriptions,
            unlabelled=assignment.unlabelled,
            tell=tell,
        )
    except CannotLearn as error:
        raise CannotTrain(str(error)) from error
    return lesson.classifier, asdict(lesson.quality)


def _refitted(
    candidate: Classifier,
    examples: Sequence[Example],
    places: Sequence[int],
    assignment: Assignment,
    embedder: Embedder,
) -> Classifier:
    try:
        return refit(
            candidate,
            [examples[place].text for place in places],
            [examples[place].label for place in places],
            embedder,
            descriptions=assignment.descriptions,
            unlabelled=assignment.unlabelled,
        )
    except CannotLearn as error:
        raise CannotTrain(str(error)) from error


def _judged(
    kept: Sequence[Example],
    split: Split,
    candidate: Classifier,
    champion: Classifier | None,
    learned: Collection[bytes],
    assignment: Assignment,
    embedder: Embedder,
) -> Verdict:
    after = _by_model(candidate, embedder)
    if champion is None:
        before = _without_model(assignment, embedder)
        return judge(_trial(kept, split.newest, before, after), Trial(), is_first=True)
    if split.anchor:
        # The champion was taught the anchor, and the candidate was not: somebody taught everything
        # else stands in for it, so that what is new is all the two differ by.
        older = [place for place in split.teach if kept[place].digest in learned]
        champion = _stand_in(kept, older, candidate, assignment, embedder)
    before = _by_model(champion, embedder)
    return judge(
        _trial(kept, split.newest, before, after), _trial(kept, split.anchor, before, after)
    )


def _stand_in(
    kept: Sequence[Example],
    older: Sequence[int],
    candidate: Classifier,
    assignment: Assignment,
    embedder: Embedder,
) -> Classifier:
    """As sure as the candidate by the same evidence, where that is much: only what it knows differs."""
    if len(older) >= MANY_EXAMPLES:
        return _refitted(candidate, kept, older, assignment, embedder)
    return _taught(kept, older, assignment, embedder, None)[0]


Answerer = Callable[[Sequence[str]], list[Answer]]


def _trial(
    kept: Sequence[Example], places: Sequence[int], before: Answerer, after: Answerer
) -> Trial:
    texts = [kept[place].text for place in places]
    return Trial([kept[place].label for place in places], before(texts), after(texts))


def _by_model(model: Classifier, embedder: Embedder) -> Answerer:
    return lambda texts: [
        Answer(each.label, each.confidence) for each in model.predict(texts, embedder)
    ]


def _without_model(assignment: Assignment, embedder: Embedder) -> Answerer:
    """What answers a company that has no model: rules and descriptions."""
    described = {
        name: f"{name.replace('_', ' ')}. {about}" if about else name.replace("_", " ")
        for name, about in assignment.descriptions.items()
    }

    def by_descriptions(texts: Sequence[str]) -> list[Answer]:
        ranked = rank_by_description(texts, described, embedder)
        return [Answer(*ranking[0]) if ranking else Answer(None, 0.0) for ranking in ranked]

    def by_rules(texts: Sequence[str]) -> list[Answer]:
        profile = Profile(0, assignment.descriptions, assignment.languages)
        tickets = [TicketText(place, text, "") for place, text in enumerate(texts)]
        return [
            Answer(each.category, each.category_confidence)
            for each in analyse(tickets, profile, embedder)
        ]

    return by_rules if assignment.field == "category" else by_descriptions


def _part(tell: Tell, start: float, end: float) -> Tell:
    return lambda stage, share: tell(stage, start + (end - start) * share)
