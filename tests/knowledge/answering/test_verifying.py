"""A sentence is kept only if the passage it names says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.knowledge.answering.spans import spans_of
from ticketyard.knowledge.answering.verifying import contains, is_supported

PASSAGE = (
    "To reset a password open https://id.example/reset and enter your staff number. "
    "The link is valid for 30 minutes. Never send the password by e-mail. "
    "If the account is locked, run unlock-user --now on SRV-7 or call extension 4711. "
    "The printer on floor 3 prints in colour."
)


@pytest.mark.parametrize(
    "claim",
    [
        "Open https://id.example/reset and enter your staff number.",
        "The link is valid for 30 minutes",
        "The link for this is valid 30 minutes.",
        "Never send the password by e-mail.",
        "Run unlock-user --now on SRV-7 if the account is locked.",
        "Locked accounts: call extension 4711.",
        "Then open https://id.example/reset, please, and enter your staff number.",
    ],
)
def test_what_the_passage_says_is_supported(claim: str) -> None:
    assert is_supported(claim, PASSAGE)


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("", "nothing is said"),
        ("It is so.", "nothing is said"),
        ("The link is valid for 60 minutes.", "another figure"),
        ("Open https://evil.example/reset and enter your staff number.", "another address"),
        ("Send the password by e-mail.", "the opposite"),
        ("The link is not valid for 30 minutes.", "the opposite"),
        ("The link isn't valid for 30 minutes.", "the opposite"),
        ("Run unlock-user --later on SRV-7.", "another option"),
        ("Run unlock-user --now on SRV-8.", "another machine"),
        ("Restart the router and reinstall the driver.", "not there at all"),
        ("Reset the printer colour of a locked account.", "words from all over the page"),
        ("The link cannot be valid for 30 minutes.", "the opposite"),
        ("The link can't be valid for 30 minutes.", "the opposite"),
        ("Without the link, valid for 30 minutes.", "the opposite"),
        ("The link of the Quokka project is valid for 30 minutes.", "a word from elsewhere"),
        ("The link is valid for 30 minutes: q u o k k a.", "a word from elsewhere, spelled"),
        ("The link is valid for 30 minutes, quokka_waltz.", "a key from elsewhere"),
        ("<b>The link is valid for 30 minutes.</b>", "markup"),
        ("[The link](is) ![valid](for) 30 minutes.", "a link and a picture"),
        ("The link is \u202evalid\u202c for 30 minutes.", "writing turned round"),
        ("The manager approves a new laptop within a week.", "not there at all"),
    ],
)
def test_what_it_does_not_say_is_not(claim: str, why: str) -> None:
    assert not is_supported(claim, PASSAGE), why


def test_words_of_the_question_may_be_taken_up() -> None:
    claim = "The link on your phone is valid for 30 minutes."
    assert is_supported(claim, PASSAGE, "How long is the link on my phone valid?")
    assert not is_supported(claim, PASSAGE, "How long is the link valid?")


def test_a_condition_is_not_left_out() -> None:
    passage = "Unless you are an admin, delete the old profile. You cannot delete the new profile."
    assert is_supported("Delete the old profile unless you are an admin.", passage)
    assert not is_supported("You are an admin: delete the old profile.", passage)
    assert not is_supported("You can delete the new profile.", passage)


@given(st.text(max_size=600))
def test_a_text_supports_its_own_sentences_that_say_something(text: str) -> None:
    for span in spans_of(text):
        assert contains(text, span.text)


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("the LINK  is\nvalid", True),
        ("the link was valid", False),
        ("", False),
        ("   ", False),
        ("valid for 30 minutes. Never send the password", True),
        ("send the password by e-mail", False),
        ("Never send the password", True),
    ],
)
def test_a_quote_stands_there_word_for_word(quote: str, stands: bool) -> None:
    assert contains(PASSAGE, quote) is stands
