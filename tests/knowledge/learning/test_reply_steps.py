"""What of a reply says what to do."""

import pytest

from ticketyard.knowledge.learning.reply_steps import STEPS_MAX, steps_of


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
