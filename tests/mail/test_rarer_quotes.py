"""How rarer programs quote and sign, and text that is not in the encoding it claims."""

import pytest

from ticketyard.mail.answers.quoting import reply_text
from ticketyard.mail.syntax.transfer import from_base64

QUOTES = [
    (
        "the quote goes on in the line that introduces it",
        "  On Mon, Nov 9, 2026 at 9:58 AM, Desk<help@desk.example> wrote:   Please restart.\nBye",
    ),
    ("GroupWise", ">>> Desk <help@desk.example> 11/9/2026 9:58 AM >>>\nShall we replace it?"),
    ("Horde", "Quoting Desk <help@desk.example>:\n\n> Shall we replace it?"),
    ("Horde in German", "Zitat von Desk <help@desk.example>:\n\n> Ersetzen?"),
    (
        "Notes",
        "Desk <help@desk.example>\n11/09/2026 09:58 AM\n\nTo\nAna Bo/Desk@Desk\ncc\n\nSubject\n"
        "Printer\n\n\nShall we replace it?",
    ),
    (
        "Notes in German",
        "Desk/Firma@FIRMA\n09.11.2026 09:58\n\nAn: Ana Bo/Firma@FIRMA\nKopie:\nThema: Drucker\n\n"
        "Ersetzen?",
    ),
    ("a name between stars", "**********\nAna Bo\nDesk Ltd\n**********"),
    ("an app nobody knows", "Sent from myMail for iOS"),
    ("another one", "Sent from TypeApp"),
]


@pytest.mark.parametrize("below", [each for _, each in QUOTES], ids=[each for each, _ in QUOTES])
def test_only_the_answer_is_left(below: str) -> None:
    assert reply_text(f"Please go ahead.\n\n{below}\n") == "Please go ahead."


@pytest.mark.parametrize(
    "text",
    [
        "The stars say:\n\n**********\n\nand nothing else. Is that right?",
        "Two shifts:\n\nAna Bo\n11/09/2026 09:58\nBo Ana\n11/10/2026 09:58\n\nWho is next?",
        "It was\nsent from the warehouse\nlast week.",
        "The log:\n\n>>> import os\n>>> os.getcwd()\n'/tmp'\n\nWhat now?",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert reply_text(text) == text


def test_prose_that_claims_to_be_base64_is_prose() -> None:
    words = b"Hello, this is plainly not what its header says.\n"

    assert from_base64(words) == words
