"""Pure: whether a new model may take over from what answers today (docs/decisions/0113).

It must not be worse by more than chance on the newest texts, overall, or on the older ones of any label;
must not forget what was known, must not let go of a label, and its confidence must stay believable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, erfc, pi, sqrt

import numpy as np

from ticketyard.ai.measuring import calibration_bins
from ticketyard.triage.learning.holdouts import NEWEST_LEAST

CHANCE = 0.05
"""A loss that chance alone brings about less often than this is no chance."""

_EXACT_MOST = 1000

ANCHOR_LOSS = 0.01
LABEL_LEAST = 5
"""A label with fewer held-out texts says nothing about collapsing."""

LABEL_LOSS = 3
"""Fewer texts lost of one label are no collapse, however few were found before."""

MAX_CALIBRATION_ERROR = 0.05
MAX_CALIBRATION_RISE = 0.02


@dataclass(frozen=True)
class Answer:
    """What was answered for a text, and with what confidence; None where nothing was."""

    label: str | None
    confidence: float


@dataclass(frozen=True)
class Trial:
    """Held-out texts: the right labels, what answers today said, and what the candidate said."""

    wanted: Sequence[str] = ()
    before: Sequence[Answer] = ()
    after: Sequence[Answer] = ()

    def __add__(self, other: "Trial") -> "Trial":
        """Both as one."""
        return Trial(
            (*self.wanted, *other.wanted),
            (*self.before, *other.before),
            (*self.after, *other.after),
        )


@dataclass(frozen=True)
class Figures:
    """How one trial went.  gained: right now and wrong before.  lost: the other way round."""

    texts: int
    before_right: int
    after_right: int
    gained: int
    lost: int

    @property
    def before_share(self) -> float:
        """Share right before; 0 without texts."""
        return self.before_right / self.texts if self.texts else 0.0

    @property
    def after_share(self) -> float:
        """Share right with the candidate; 0 without texts."""
        return self.after_right / self.texts if self.texts else 0.0


@dataclass(frozen=True)
class Verdict:
    """reason: one sentence.  collapsed: labels it let go of.

    before_error, after_error: calibration errors, less what chance alone would show.
    """

    passed: bool
    reason: str
    newest: Figures
    anchor: Figures
    before_error: float
    after_error: float
    collapsed: tuple[str, ...] = ()
    is_forced: bool = False


def judge(newest: Trial, anchor: Trial, *, is_first: bool = False) -> Verdict:
    """Compare the candidate with what answers today.

    newest: texts neither was taught.  anchor: older ones, neither taught them in this comparison.
    is_first: there is no model yet; the candidate must then be better than rules and descriptions.
    """
    both = newest + anchor
    at_new, at_old, overall = figures_of(newest), figures_of(anchor), figures_of(both)
    # Gains among the new texts of a label must not hide that its old ones are lost.
    collapsed = tuple(sorted({*collapsed_labels(both), *collapsed_labels(anchor)}))
    before, after = excess_error(both.wanted, both.before), excess_error(both.wanted, both.after)
    objection = (
        _not_better(at_new)
        if is_first
        else _worse(at_new, at_old, overall)
        or _costly(anchor)
        or (collapsed and f"It no longer knows {_listed(collapsed)}")
    ) or _unbelievable(before, after, is_first=is_first)
    return Verdict(
        passed=not objection,
        reason=f"{objection or _praise(at_new, at_old)}{_caution(at_new)}.",
        newest=at_new,
        anchor=at_old,
        before_error=round(before, 4),
        after_error=round(after, 4),
        collapsed=collapsed,
    )


def figures_of(trial: Trial) -> Figures:
    """Count who was right about what."""
    pairs = [
        (_same(was.label, wanted), _same(now.label, wanted))
        for wanted, was, now in zip(trial.wanted, trial.before, trial.after, strict=True)
    ]
    return Figures(
        texts=len(pairs),
        before_right=sum(was for was, _ in pairs),
        after_right=sum(now for _, now in pairs),
        gained=sum(now and not was for was, now in pairs),
        lost=sum(was and not now for was, now in pairs),
    )


def is_beyond_chance(gained: int, lost: int) -> bool:
    """Whether so many more losses than gains would be rare if both were equally likely.

    Source: McNemar's exact test, one-sided; of very many changes its normal approximation.
    """
    changed = gained + lost
    if not changed:
        return False
    if changed > _EXACT_MOST:
        return bool(erfc((lost - gained - 1) / sqrt(2 * changed)) / 2 < CHANCE)
    at_least = sum(comb(changed, count) for count in range(lost, changed + 1))
    return bool(at_least / 2**changed < CHANCE)


def collapsed_labels(trial: Trial) -> tuple[str, ...]:
    """Labels of which more than half of what was found is lost, and three texts at least."""
    found: dict[str, tuple[int, int, int]] = {}
    for wanted, was, now in zip(trial.wanted, trial.before, trial.after, strict=True):
        texts, before, after = found.get(wanted, (0, 0, 0))
        found[wanted] = (
            texts + 1,
            before + _same(was.label, wanted),
            after + _same(now.label, wanted),
        )
    return tuple(
        sorted(
            label
            for label, (texts, before, after) in found.items()
            if texts >= LABEL_LEAST and after * 2 < before and before - after >= LABEL_LOSS
        )
    )


def changes_by_label(trial: Trial) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Texts gained and lost, by the right label, and by the wrong one that was answered instead."""
    own: dict[str, list[int]] = {}
    taken: dict[str, list[int]] = {}
    for wanted, was, now in zip(trial.wanted, trial.before, trial.after, strict=True):
        is_lost = _same(was.label, wanted)
        if is_lost == _same(now.label, wanted):
            continue
        own.setdefault(wanted.casefold(), [0, 0])[is_lost] += 1
        if wrong := (now if is_lost else was).label:
            taken.setdefault(wrong.casefold(), [0, 0])[is_lost] += 1
    return own, taken


def excess_error(wanted: Sequence[str], answers: Sequence[Answer]) -> float:
    """The calibration error above what even a perfect confidence would show on so few texts."""
    if not answers:
        return 0.0
    right = np.array(
        [_same(each.label, label) for each, label in zip(answers, wanted, strict=True)]
    )
    confidence = np.array([each.confidence for each in answers])
    bins = calibration_bins(confidence, right)
    error = sum(texts * abs(said - true) for said, true, texts in bins)
    # The mean distance of a share from its chance: sqrt(2 / pi) standard deviations.
    chance = sum(sqrt(texts * said * (1 - said) * 2 / pi) for said, _, texts in bins)
    return max(0.0, float(error - chance) / len(answers))


def _worse(new: Figures, old: Figures, overall: Figures) -> str:
    if is_beyond_chance(new.gained, new.lost):
        return (
            f"On {new.texts} new texts it is right {new.after_right} times, and what answers today"
            f" {new.before_right} times"
        )
    if is_beyond_chance(overall.gained, overall.lost):
        return (
            f"Of {overall.texts} held-out texts it gets {overall.after_right} right, and what answers"
            f" today {overall.before_right}"
        )
    if old.before_right - old.after_right > max(1, int(ANCHOR_LOSS * old.texts)):
        return (
            f"It forgets: of {old.texts} older texts it gets {old.after_right} right instead of"
            f" {old.before_right}"
        )
    return ""


def _costly(anchor: Trial) -> str:
    """A label whose older texts suffer, or one that takes the older texts of others."""
    own, taken = changes_by_label(anchor)
    for label, (gained, lost) in sorted(own.items()):
        if is_beyond_chance(gained, lost):
            return f"Of the older texts of {label} it loses {lost} and gains {gained}"
    for label, (gained, lost) in sorted(taken.items()):
        if is_beyond_chance(gained, lost):
            return f"It takes {lost} older texts of other labels for {label}, and {gained} no more"
    return ""


def _not_better(new: Figures) -> str:
    if new.texts and new.after_right <= new.before_right:
        return (
            f"On {new.texts} texts it is right {new.after_right} times, and what answers without a"
            f" model {new.before_right} times"
        )
    return ""


def _unbelievable(before: float, after: float, *, is_first: bool) -> str:
    allowed = MAX_CALIBRATION_ERROR
    if not is_first:
        allowed = max(allowed, before + MAX_CALIBRATION_RISE)
    if after > allowed:
        return (
            f"Its confidence cannot be believed: it is off by {after:.3f}, {allowed:.3f} is allowed"
        )
    return ""


def _praise(new: Figures, old: Figures) -> str:
    if not new.texts and not old.texts:
        return "There was nothing to judge it by"
    parts = []
    if new.texts:
        parts.append(f"{new.after_right} of {new.texts} new texts right, {new.before_right} before")
    if old.texts:
        parts.append(
            f"{old.after_right} of {old.texts} older ones right, {old.before_right} before"
        )
    return "; ".join(parts)


def _caution(new: Figures) -> str:
    if new.texts < NEWEST_LEAST:
        return f" (judged by only {new.texts} new texts; {NEWEST_LEAST} would say more)"
    return ""


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:5])
    return shown if len(labels) <= 5 else f"{shown} and {len(labels) - 5} more"


def _same(answered: str | None, wanted: str) -> bool:
    return answered is not None and answered.casefold() == wanted.casefold()
