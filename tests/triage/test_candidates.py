"""A desk that sorts clients' letters and its own house's requests keeps the two apart."""

import numpy as np
import pytest

from ticketyard.ai.embedding import NoEmbedder
from ticketyard.ai.training import train
from ticketyard.tickets.categorizing import DISTRIBUTION_CATEGORIES, IT_CATEGORIES
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Profile
from ticketyard.triage.preparing import TicketText

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
    texts = [f"the printer number {n} is jammed" for n in range(12)]
    texts += [f"the network segment {n} is slow" for n in range(12)]
    model = train(texts, ["printer"] * 12 + ["network"] * 12, NoEmbedder()).classifier
    profile = Profile(
        company_id=1, categories=BOTH, languages=("ru", "en"), model=model, model_version=1
    )
    letter = TicketText(1, "", TEXTS[0], segment="VIP")
    request = TicketText(2, "", "our printer is jammed again")
    first, second = analyse([letter, request], profile, NoEmbedder())
    assert (first.engine, first.category) == ("rules", "Неработоспособность приложения")
    assert (second.engine, second.category) == ("classifier", "printer")
    assert np.isfinite(second.category_confidence)
