"""Marking the words that counted, and finding a category by what was typed."""

import pytest

from ticketyard.web.pages.triage_marks import Piece, excerpt, match_category

NAMES = ["network", "vpn", "password_reset", "email", "Жалоба", "net"]


def hits(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces if piece.is_hit]


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("The Printer jams", ["printer"], ["Printer"]),
        ("Printers jam", ["printer"], []),
        ("I can't log in", ["cant log in"], ["can't log in"]),
        ("Счёт не пришёл", ["счет", "пришел"], ["Счёт", "пришёл"]),
        ("paper-jam; paper  jam", ["paper jam"], ["paper-jam", "paper  jam"]),
        ("a.b*c (x", ["(x", ".*", "+"], ["x"]),
        ("Please say hello in my tray", ["please", "hello", "in", "my", "tray"], ["tray"]),
        ("It is not working", ["in my", "not working"], ["not working"]),
        ("nothing", [], []),
        ("", ["word"], []),
    ],
)
def test_words_are_found_as_people_write_them(
    text: str, words: list[str], marked: list[str]
) -> None:
    assert hits(excerpt("", text, words).body) == marked
    assert hits(excerpt(text, "", words).title) == marked


def test_nothing_of_what_is_shown_is_lost_or_added() -> None:
    text = "Наш принтер — HP.\nОн жужжит & <b>мигает</b>"
    shown = excerpt(f"Про: {text}", text, ["принтер", "мигает", "и"])
    assert "".join(piece.text for piece in shown.title) == f"Про: {text}"
    assert "".join(piece.text for piece in shown.body) == text
    assert shown.unseen == []


@pytest.mark.parametrize(
    ("title", "text", "body"),
    [
        ("The tray hums and…", "The tray hums\nand blinks.", "… blinks."),
        ("The tray hums and bli...", "The tray hums and blinks.", "… nks."),
        ("The tray hums at night", "The tray hums at night, then stops.", "… then stops."),
        ("The tray hums", "The tray hums. ", ""),
        # Said anew rather than cut from it.
        ("The tray", "The tray hums", "The tray hums"),
        ("VPN", "VPNs are slow", "VPNs are slow"),
        ("Other", "The tray hums", "The tray hums"),
        ("…", "… hums", "… hums"),
        ("", "hums", "hums"),
    ],
)
def test_what_the_title_says_already_stands_only_there(title: str, text: str, body: str) -> None:
    assert "".join(piece.text for piece in excerpt(title, text, []).body) == body


def test_a_long_text_shows_its_start_and_where_words_counted() -> None:
    text = "start " + "lorem ipsum " * 100 + "the toner " + "dolor sit " * 100 + "amet"
    shown = excerpt("", text, ["toner", "amet", "gone"])
    words = "".join(piece.text for piece in shown.body)
    assert words.startswith("start")
    assert hits(shown.body) == ["toner", "amet"]
    assert len(words) < 1_100
    assert shown.unseen == ["gone"]
    assert words.count("…") >= 2


def test_a_text_without_a_space_is_cut_all_the_same() -> None:
    shown = excerpt("", "x" * 5_000, ["y"])
    assert len("".join(piece.text for piece in shown.body)) < 600


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("network", ["network"]),
        ("net", ["net"]),
        ("netw", ["network"]),
        ("ne", ["network", "net"]),
        ("n", []),
        ("Password Reset", ["password_reset"]),
        ("reset", ["password_reset"]),
        ("жал", ["Жалоба"]),
        ("zebra", []),
        ("  ", []),
    ],
)
def test_a_category_is_found_by_its_name_its_beginning_or_a_part(
    typed: str, found: list[str]
) -> None:
    assert match_category(typed, NAMES) == found
