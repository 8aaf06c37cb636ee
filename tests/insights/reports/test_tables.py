"""Reports as files and as text."""

import csv
import io
import zipfile
from datetime import date

from ticketyard.insights.reports.asking import Period
from ticketyard.insights.reports.counting import Line, Report
from ticketyard.insights.reports.measures import ALL
from ticketyard.insights.reports.tables import render_csv, render_text, render_xlsx

NONE: dict[str, float | None] = {each.key: None for each in ALL}
REPORT = Report(
    Period(date(2026, 11, 2), date(2026, 11, 8), "UTC"),
    "team",
    [
        Line("1", "=HYPERLINK(1)", NONE | {"opened": 2, "first_response_median": 5_400}),
        Line("", "", NONE | {"opened": 1, "sla_kept": 0.875}),
    ],
    NONE | {"opened": 3, "resolution_p90": 45},
)


def test_a_line_for_each_group_and_one_for_all() -> None:
    heads, *rows = csv.reader(io.StringIO(render_csv(REPORT).decode("utf-8-sig")))

    assert heads[:2] == ["by team", "Opened"]
    found = [dict(zip(heads, row, strict=True)) for row in rows]
    assert [each["by team"] for each in found] == ["'=HYPERLINK(1)", "(none)", "All"]
    assert found[0]["First response, median (h)"] == "1.50"
    assert (found[1]["SLA kept (%)"], found[1]["Reopen rate (%)"]) == ("87.5", "")


def test_the_workbook_has_numbers_and_no_formula() -> None:
    book = zipfile.ZipFile(io.BytesIO(render_xlsx(REPORT)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    words = book.read("xl/sharedStrings.xml").decode()

    assert "<v>1.5</v>" in sheet
    assert "<f>" not in sheet
    assert "&apos;=HYPERLINK" in words or "'=HYPERLINK" in words
    assert "2026-11-02 to 2026-11-08" in words


def test_in_a_mail_the_whole_comes_first() -> None:
    text = render_text(REPORT)

    assert text.startswith("All\n  Opened: 3\n")
    assert "  Resolution, 9 of 10: 45 s" in text
    assert "=HYPERLINK(1)\n  Opened: 2\n  Resolved: –\n" in text
    assert "  First response, median: 1.5 h" in text
