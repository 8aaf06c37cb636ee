import pytest

from ticketyard.ai.near_copies import group_copies

LONG = (
    "When I start the laptop in the morning the screen stays black for a minute, then the fan is"
    " loud and nothing else happens until I hold the button for ten seconds."
)


@pytest.mark.parametrize(
    ("one", "other", "are_copies"),
    [
        ("The printer is out of toner", "the PRINTER is out of toner!!", True),
        ("The printer on floor 3 is jammed", "The printer on floor 14 is jammed", True),
        (LONG, f"{LONG} Please help.", True),
        (LONG, LONG.replace("loud", "quiet"), True),
        (LONG, LONG[: len(LONG) // 2], False),
        ("The printer jams paper at home", "The printer jams paper in the warehouse", False),
        ("My account is locked", "My badge is lost", False),
        ("Не печатает принтер", "не печатает принтер.", True),
        ("12345", "67890", False),
        ("", "", True),
        ("a", "b", False),
        ("\ud83d\ude00", "\ud800", False),
    ],
)
def test_copies_are_the_same_but_for_little(one: str, other: str, are_copies: bool) -> None:
    first, second, third = group_copies(["Something else altogether", one, other])
    assert first == 0
    assert (second == third) is are_copies


def test_each_copy_names_the_first_of_them() -> None:
    texts = [LONG, "Another matter", f"{LONG} Thanks.", "another matter", LONG.upper()]
    assert group_copies(texts) == [0, 1, 0, 1, 0]


def test_of_nothing_there_are_no_copies() -> None:
    assert group_copies([]) == []
