"""A desk that sorts clients' letters and its own house's requests keeps the two apart."""

import numpy as np
import pytest

from ticketyard.ai.classifying import Classifier
from ticketyard.ai.embedding import Embedder, NoEmbedder, open_embedder
from ticketyard.ai.training import train
from ticketyard.tickets.categorizing import DISTRIBUTION_CATEGORIES, IT_CATEGORIES
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Profile
from ticketyard.triage.preparing import TicketText

PLACES = ("in room 12", "at the gate", "on floor two", "at home", "in Odense", "at the harbour")
BOTH = dict.fromkeys((*DISTRIBUTION_CATEGORIES, *IT_CATEGORIES), "")
TEXTS = (
    "Приложение не открывается, белый экран после обновления.",
    "The printer on floor two prints blank pages.",
    "Please reset my password, I am locked out.",
    "Верните комиссию, списанную дважды. Требую возмещения.",
    "",
    "🙂",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_letter_gets_a_letters_category_and_a_request_a_requests(text: str) -> None:
    profile = Profile(company_id=1, categories=BOTH, languages=("ru", "en"))
    letter = TicketText(1, "", text, segment="Mass")
    request = TicketText(2, "", text)
    first, second = analyse([letter, request], profile, NoEmbedder())
    assert (first.ticket_id, second.ticket_id) == (1, 2)
    assert {name for name, _ in first.category_ranking} <= set(DISTRIBUTION_CATEGORIES)
    assert {name for name, _ in second.category_ranking} <= set(IT_CATEGORIES)
    assert "Рекомендация" in first.summary
    assert "Рекомендация" not in second.summary


def test_a_model_that_never_saw_letters_leaves_them_to_the_rules() -> None:
    model = taught(NoEmbedder())
    profile = Profile(
        company_id=1, categories=BOTH, languages=("ru", "en"), model=model, model_version=1
    )
    letter = TicketText(1, "", TEXTS[0], segment="VIP")
    request = TicketText(2, "", "our printer is jammed again")
    first, second = analyse([letter, request], profile, NoEmbedder())
    assert (first.engine, first.category) == ("rules", "Неработоспособность приложения")
    assert (second.engine, second.category) == ("classifier", "printer")
    assert np.isfinite(second.category_confidence)


def taught(embedder: Embedder) -> Classifier:
    """A model that knows printers and networks."""
    texts = [f"the printer {place} is jammed {time}" for place in PLACES for time in ("", "again")]
    texts += [f"the network {place} is slow {time}" for place in PLACES for time in ("", "again")]
    return train(texts, ["printer"] * 12 + ["network"] * 12, embedder).classifier


def test_a_category_that_nobody_taught_the_model_is_still_found_by_rules() -> None:
    model = taught(NoEmbedder())
    profile = Profile(company_id=1, categories=BOTH, model=model, model_version=1)
    (found,) = analyse(
        [TicketText(1, "", "Please reset my password, I am locked out.")], profile, NoEmbedder()
    )
    assert (found.category, found.engine) == ("password_reset", "rules")
    assert found.model_version is None


def test_a_text_from_nowhere_stays_empty_however_sure_the_model_is() -> None:
    embedder = open_embedder()
    model = taught(embedder)
    profile = Profile(
        company_id=1, categories=BOTH, model=model, model_version=1, model_threshold=0.0
    )
    known, strange = analyse(
        [
            TicketText(1, "", "the printer in room 9 is jammed"),
            TicketText(2, "", "Grandmother's recipe for a cherry cake with whipped cream"),
        ],
        profile,
        embedder,
    )
    assert (known.category, known.is_sure, known.need_admin) == ("printer", True, False)
    assert strange.category_confidence > 0
    assert (strange.is_strange, strange.is_sure, strange.need_admin) == (True, False, True)


@pytest.mark.parametrize(
    ("threshold", "model_threshold", "is_sure"),
    [(1.0, 0.5, True), (0.5, 1.0, False), (1.0, None, False), (0.5, None, True)],
)
def test_the_models_answer_goes_by_the_models_threshold(
    threshold: float, model_threshold: float | None, is_sure: bool
) -> None:
    profile = Profile(
        company_id=1,
        categories=BOTH,
        threshold=threshold,
        model=taught(NoEmbedder()),
        model_version=1,
        model_threshold=model_threshold,
    )
    text = TicketText(1, "", "the printer in room 9 is jammed")
    (found,) = analyse([text], profile, NoEmbedder())
    assert 0.5 < found.category_confidence < 1
    assert found.is_sure is is_sure
