"""What is drawn of triage's quality."""

from ticketyard.web.pages.triage_drawing import SIDE, draw_line, draw_marks, draw_matrix


def test_a_mark_stands_where_confidence_and_share_meet() -> None:
    (few, many) = draw_marks(
        [(0.0, 1.0, 0.5, 1.0, 1), (1.0, 0.0, 0.0, 0.25, 100)], "{confidence} {right} {of}"
    )
    assert (few.x, few.y, few.top, few.bottom) == (0.0, 0.0, 0.0, SIDE / 2)
    assert (many.x, many.y, many.top, many.bottom) == (SIDE, SIDE, SIDE * 0.75, SIDE)
    assert few.size < many.size
    assert many.words == "100% 0% 100"
    assert draw_marks([]) == []


def test_a_line_needs_two_points() -> None:
    assert draw_line([(0.5, 0.5)]) == ""
    assert draw_line([(1.0, 1.0), (0.0, 0.0)]) == f"M0.0 {SIDE}L{SIDE} 0.0"


def test_the_matrix_has_right_ones_as_rows_and_proposals_as_columns() -> None:
    rows = draw_matrix([("a", "a", 8), ("b", "a", 2), ("c", "b", 1)])
    assert [row.label for row in rows] == ["a", "b", "c"]
    assert [[cell.count for cell in row.cells] for row in rows] == [[8, 2, 0], [0, 0, 1], [0, 0, 0]]
    assert [row.of for row in rows] == [10, 1, 0]
    assert [cell.is_right for cell in rows[0].cells] == [True, False, False]
    assert [cell.shade for cell in rows[0].cells] == [5, 2, 0]


def test_what_no_reader_takes_in_is_not_drawn() -> None:
    assert draw_matrix([(str(n), str(n), 1) for n in range(15)]) != []
    assert draw_matrix([(str(n), str(n), 1) for n in range(16)]) == []
    assert draw_matrix([("a", "a", 3)]) == []
    assert draw_matrix([]) == []
