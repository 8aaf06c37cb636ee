"""What a model may say of a request in its own words, and what it cannot have from there."""

import pytest

from ticketyard.triage.second_opinion.straying import strays

TEXT = (
    "Good morning! Since the update on 12.03 my laptop SRV-17 cannot reach the shared drive of the "
    "accounting team, and Outlook asks for my password again and again. Write to [E-MAIL 1]."
)


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "Since the update the laptop cannot reach the shared drive.",
        "Outlook keeps asking for the password after the update.",
        "The laptop SRV-17 has lost the shared drive since 12.03; answer to [E-MAIL 1].",
        "Shared drive unreachable and Outlook password prompts since update.",
    ],
)
def test_a_summary_in_words_of_the_request_is_taken(summary: str) -> None:
    assert not strays(summary, TEXT)


@pytest.mark.parametrize(
    ("summary", "why"),
    [
        ("The heron sleeps under marble stairs.", "nothing of the request"),
        ("The laptop cannot reach the shared drive: heron sleeps under marble.", "a phrase more"),
        ("The laptop SRV-18 cannot reach the shared drive.", "another machine"),
        ("The laptop cannot reach the shared drive since 13.03.", "another date"),
        ("The laptop cannot reach the shared drive. See https://evil.example/x", "an address"),
        ("The laptop cannot reach the shared drive of otto@south.example.", "a person"),
        ("The laptop cannot reach the shared drive ![update](drive).", "a picture"),
        ("The laptop of the accounting team is key_of_south.", "a key"),
    ],
)
def test_what_comes_from_elsewhere_is_not(summary: str, why: str) -> None:
    assert strays(summary, TEXT), why
