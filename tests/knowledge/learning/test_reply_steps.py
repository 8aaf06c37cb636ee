"""What of a reply says what to do."""

import pytest

from ticketyard.knowledge.learning.reply_steps import STEPS_MAX, asked_in, steps_of


@pytest.mark.parametrize(
    ("reply", "steps"),
    [
        (
            "Hi Rita,\n\nOpen the rear tray. Pull the paper out.\n\nBest regards,\nAna\nService desk",
            ["Open the rear tray.", "Pull the paper out."],
        ),
        (
            "Please do this:\n1. Open Settings.\n2. Choose Reset.\n\nDid that help?",
            ["Please do this:", "Open Settings.", "Choose Reset."],
        ),
        (
            "Здравствуйте! Нажмите «Сброс» и введите код из письма.\n\nС уважением,\nИван",
            ["Нажмите «Сброс» и введите код из письма."],
        ),
        (
            "Restart the router and wait a minute.\n\n> On Monday Rita wrote\n> it is broken",
            ["Restart the router and wait a minute."],
        ),
        (
            "Restart the router. Restart the router. Let us know if you have further questions.",
            ["Restart the router."],
        ),
        (
            "Hello, open the rear tray and pull the paper out. This is all, hi or hello.",
            ["open the rear tray and pull the paper out.", "This is all, hi or hello."],
        ),
        ("Dear Rita Requester\nRestart the router twice.", ["Restart the router twice."]),
        ("Thank you! Sorry for the trouble. I am closing this ticket.", []),
        ("Done.", []),
        ("Fixed, thanks", []),
        ("Could you send a screenshot?", []),
        ("", []),
        ("-- \nAna", []),
    ],
)
def test_a_reply(reply: str, steps: list[str]) -> None:
    assert steps_of(reply) == steps


def test_a_long_reply_is_cut() -> None:
    reply = "\n".join(f"{number}. Do the thing number {number}." for number in range(1, 60))
    assert len(steps_of(reply)) == STEPS_MAX


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("Hello!\nThe site does not open.\n\nBest regards,\nLi", "The site does not open."),
        ("Здравствуйте! Сайт не открывается.\n\nС уважением, Ли", "Сайт не открывается."),
        ("The site does not open", "The site does not open"),
        ("It is full.\n\nThanks Irina", "It is full."),
        ("Thanks to the update it is gone", "Thanks to the update it is gone"),
        ("Hi\n> quoted", ""),
    ],
)
def test_what_is_asked(told: str, asked: str) -> None:
    assert asked_in(told) == asked
