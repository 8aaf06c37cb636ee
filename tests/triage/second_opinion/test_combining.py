import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.coldstart import FRAUD, LETTER_CATEGORIES, SPAM
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.second_opinion.combining import MAX_CONFIDENCE, TRUST, combine
from ticketyard.triage.second_opinion.opinion import (
    MAX_CANDIDATES,
    MAX_SUMMARY,
    Opinion,
    chosen,
    instructions,
    question_about,
    read_opinion,
)

NAMES = ("network", "hardware", "email", "vpn", "other")
DESK = Profile(1, dict.fromkeys(NAMES, ""), ("en", "ru"))
LETTERS = Profile(1, dict.fromkeys(LETTER_CATEGORIES, ""), ("ru", "kk", "en"))
TEXT = TicketText(7, "Odd", "It does not do what it did yesterday")


def local(
    *ranking: tuple[str, float], text: TicketText = TEXT, profile: Profile = DESK
) -> Findings:
    """What the local engines found, with this ranking."""
    (found,) = analyse([text], profile, NoEmbedder())
    best, chance = ranking[0] if ranking else (None, 0.0)
    return replace(
        found,
        category=best,
        category_confidence=chance,
        category_ranking=tuple(ranking),
        is_sure=chance >= profile.threshold,
    )


def said(category: str | None, **more: Any) -> Opinion:
    return Opinion(category=category, **more)


def test_where_the_local_engines_know_nothing_a_models_word_is_worth_its_trust() -> None:
    found = combine(TEXT, local(), said("vpn"), DESK)
    assert found.category == "vpn"
    assert found.category_confidence == pytest.approx(TRUST, abs=0.001)
    assert found.is_sure


def test_agreement_makes_surer_and_contradiction_less_sure() -> None:
    unsure = local(("vpn", 0.4), ("network", 0.3))
    agreed = combine(TEXT, unsure, said("vpn"), DESK)
    contradicted = combine(TEXT, unsure, said("network"), DESK)
    assert agreed.category_confidence > 0.4
    assert agreed.is_sure
    assert contradicted.category == "network"
    assert contradicted.category_confidence < agreed.category_confidence


def test_a_sure_local_answer_is_not_turned_over_but_doubted() -> None:
    sure = local(("vpn", 0.97), ("network", 0.01))
    found = combine(TEXT, sure, said("email"), DESK)
    assert found.category == "vpn"
    assert found.category_confidence < 0.97
    assert dict(found.category_ranking)["email"] > 0.05


def test_no_agreement_makes_surer_than_the_cap() -> None:
    found = combine(TEXT, local(("vpn", 0.99)), said("vpn"), DESK)
    assert found.category_confidence == MAX_CONFIDENCE


def test_agreement_never_takes_from_what_was_shown() -> None:
    known = replace(local(("vpn", 0.93), ("network", 0.02)), model_version=1)
    desk = replace(DESK, model_threshold=0.9)
    found = combine(TEXT, known, said("vpn"), desk)
    assert (found.category_confidence, found.is_sure) == (0.93, True)


@pytest.mark.parametrize(
    ("version", "model_threshold", "is_sure"),
    [(1, 0.9, False), (1, 0.6, True), (1, None, True), (None, 0.9, True)],
)
def test_where_a_model_of_ours_answered_its_threshold_counts(
    version: int | None, model_threshold: float | None, is_sure: bool
) -> None:
    unsure = replace(local(("vpn", 0.45), ("network", 0.3)), model_version=version)
    found = combine(TEXT, unsure, said("vpn"), replace(DESK, model_threshold=model_threshold))
    assert 0.6 < found.category_confidence < 0.9
    assert found.is_sure is is_sure


def test_of_a_text_from_nowhere_no_agreement_makes_sure() -> None:
    strange = replace(local(("vpn", 0.8), ("network", 0.1)), is_strange=True, model_version=1)
    assert not combine(TEXT, strange, said("vpn"), DESK).is_sure


def test_a_model_that_names_none_changes_nothing_of_the_category() -> None:
    before = local(("vpn", 0.3), ("email", 0.2))
    found = combine(TEXT, before, said(None, summary="In short."), DESK)
    assert (found.category, found.category_confidence) == ("vpn", 0.3)
    assert found.category_ranking == before.category_ranking
    assert not found.is_sure
    assert found.summary == "In short."


@pytest.mark.parametrize("opinion", [None, "hardware"])
def test_a_category_that_was_taken_off_the_list_is_not_answered(opinion: str | None) -> None:
    found = combine(TEXT, local(("gone", 0.9), ("vpn", 0.05)), said(opinion), DESK)
    assert found.category != "gone"
    assert "gone" not in dict(found.category_ranking)


def test_a_company_without_categories_gets_none() -> None:
    bare = Profile(1, {}, ("en",))
    found = combine(TEXT, local(profile=bare), read_opinion({"category": "vpn"}, TEXT, bare), bare)
    assert (found.category, found.is_sure) == (None, False)


@pytest.mark.parametrize(
    ("title", "segment", "said_priority", "expected"),
    [
        ("Odd", None, "urgent", ("urgent", 8)),
        ("Odd", None, "low", ("low", 2)),
        # A model alone makes nothing critical: the text may have ordered it.
        ("Odd", None, "critical", ("urgent", 8)),
        # Words of the subject settled it (contracts 3.3).
        ("URGENT: odd", None, "low", ("critical", 9)),
        # Nobody puts a client below their floor (contracts 5.5).
        ("Odd", "VIP", "low", ("urgent", 8)),
        ("Odd", None, None, ("medium", 5)),
    ],
)
def test_the_priority_is_the_models_where_nothing_stronger_speaks(
    title: str, segment: str | None, said_priority: str | None, expected: tuple[str, int]
) -> None:
    text = TicketText(7, title, "It does not do what it did", segment)
    found = combine(text, local(text=text), said("vpn", priority=said_priority), DESK)
    assert (found.priority, found.urgency) == expected


@pytest.mark.parametrize(
    ("category", "segment", "urgency"), [(FRAUD, "Mass", 9), (SPAM, "VIP", 1), (None, "VIP", 8)]
)
def test_a_letter_is_as_pressing_as_its_matter_whatever_the_model_says(
    category: str | None, segment: str, urgency: int
) -> None:
    text = TicketText(7, "Обращение", "Здравствуйте, посмотрите вложение", segment)
    found = combine(
        text,
        local(text=text, profile=LETTERS),
        said(category, priority="medium", summary="Клиент просит проверить вложение."),
        LETTERS,
    )
    assert found.urgency == urgency
    assert found.summary.startswith("Клиент просит проверить вложение. Рекомендация: ")


def test_feeling_and_language_are_the_models_where_the_local_ones_are_not_sure() -> None:
    text = TicketText(7, "Ok", "hm")
    found = combine(text, local(text=text), said(None, sentiment="negative", language="ru"), DESK)
    assert (found.sentiment, found.sentiment_score) == ("negative", -0.6)
    russian = TicketText(7, "Принтер", "Принтер печатает пустые страницы, помогите пожалуйста")
    found = combine(russian, local(text=russian), said(None, language="en"), DESK)
    assert found.language == "RU"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40)
    | st.sampled_from([*NAMES, "low", "negative", "en"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
FIELDS = st.sampled_from(["category", "priority", "sentiment", "language", "summary", "more"])


@given(answer=st.dictionaries(FIELDS, ANYTHING), chances=st.lists(st.floats(0, 1), max_size=5))
def test_whatever_a_model_answers_every_label_is_of_the_lists(
    answer: dict[str, Any], chances: list[float]
) -> None:
    opinion = read_opinion(answer, TEXT, DESK)
    ranking = sorted(zip(NAMES, chances, strict=False), key=lambda each: -each[1])
    found = combine(TEXT, local(*ranking), opinion, DESK)
    assert found.category in (*NAMES, None)
    assert {name for name, _ in found.category_ranking} <= set(NAMES)
    assert 0 <= found.category_confidence <= max(MAX_CONFIDENCE, *chances, 0)
    assert found.priority in ("low", "medium", "high", "urgent", "critical")
    assert 1 <= found.urgency <= 10
    assert found.sentiment in ("negative", "neutral", "positive")
    assert found.language in ("ENG", "RU")
    assert len(found.summary) <= MAX_SUMMARY + 1
    assert "<" not in opinion.summary or ">" not in opinion.summary.split("<", 1)[1]


@given(answer=st.fixed_dictionaries({"category": ANYTHING, "priority": ANYTHING}))
def test_the_shape_itself_takes_no_label_that_is_on_no_list(answer: dict[str, Any]) -> None:
    shape = question_about(TEXT, local(), DESK).shape
    whole = {"sentiment": "neutral", "language": None, "summary": "", **answer}
    try:
        taken = shape.model_validate(whole).model_dump()
    except ValidationError:
        return
    assert taken["category"] in (*NAMES, None)
    assert taken["priority"] in ("low", "medium", "high", "urgent", "critical")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<b>Bold</b> <script>alert(1)</script>words", "Bold words"),
        ("two\nlines\x00 and\u202e more", "two lines and more"),
        ("x" * 1_000_000, ""),
        (
            "x" * 70 + " " + "y" * 70 + " " + "z" * 70 + " a" * 90,
            "x" * 70 + " " + "y" * 70 + " " + "z" * 70 + " a" * 23 + "…",
        ),
        (["a list"], ""),
        (None, ""),
    ],
)
def test_a_summary_is_short_plain_text(given: object, expected: str) -> None:
    text = TicketText(7, "Odd", str(given)[:1000])
    assert read_opinion({"summary": given}, text, DESK).summary == expected


def test_a_summary_that_repeats_what_the_model_was_told_is_not_taken() -> None:
    told = instructions(NAMES, DESK)
    for start in (0, 200, 500):
        answer = {"summary": f"My orders are: {told[start : start + 120]}", "category": "vpn"}
        opinion = read_opinion(answer, TEXT, DESK)
        assert (opinion.summary, opinion.category) == ("", "vpn")


def test_of_very_many_categories_the_likeliest_are_offered_in_the_companys_order() -> None:
    names = tuple(f"category {place:03}" for place in range(200))
    wide = Profile(1, dict.fromkeys(names, ""), ("en",))
    offered = chosen(TEXT, local(("category 150", 0.3), ("category 120", 0.2)), wide)
    assert len(offered) == MAX_CANDIDATES
    assert {"category 120", "category 150"} <= set(offered)
    assert list(offered) == sorted(offered)


def test_what_the_local_engines_think_is_not_told() -> None:
    sure = question_about(TEXT, local(("vpn", 0.9)), DESK)
    unsure = question_about(TEXT, local(), DESK)
    assert sure.instructions == unsure.instructions
    assert sure.spoken == unsure.spoken


def test_descriptions_are_masked_and_short() -> None:
    about = Profile(1, {"vpn": f"Ask rita@example.com. {'x ' * 500}"}, ("en",))
    told = question_about(TEXT, local(profile=about), about).instructions
    assert "rita@example.com" not in told
    assert "- vpn: Ask [E-MAIL 1]" in told
    assert len(told) < 2_500


def test_the_shape_can_be_said_in_json() -> None:
    schema = json.dumps(question_about(TEXT, local(), DESK).shape.model_json_schema())
    assert all(f'"{name}"' in schema for name in NAMES)
