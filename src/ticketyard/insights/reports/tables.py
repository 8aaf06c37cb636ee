"""A report as a table: comma-separated, as a workbook, or as lines of text for a mail."""

import io
from collections.abc import Iterator, Sequence
from typing import Final

import xlsxwriter

from ticketyard.insights.exporting import cell, render_rows
from ticketyard.insights.reports.counting import Report
from ticketyard.insights.reports.measures import ALL, Measure, Unit

HOUR: Final = 3600
TOTAL: Final = "All"
_UNITS: Final[dict[Unit, str]] = {"tickets": "", "average": "", "seconds": " (h)", "share": " (%)"}
_FORMATS: Final[dict[Unit, str]] = {
    "tickets": "#,##0",
    "average": "#,##0.0",
    "seconds": "0.00",
    "share": "0.0%",
}

Value = float | None


def render_csv(report: Report) -> bytes:
    """UTF-8 with a mark that Excel knows; times in hours, shares in percent."""
    heads = [f"by {report.by}", *(f"{each.name}{_UNITS[each.unit]}" for each in ALL)]
    rows = [
        [name, *(_number(each, value) for each, value in values)] for name, values in _rows(report)
    ]
    return "\ufeff".encode() + render_rows([heads, *rows])


def render_xlsx(report: Report) -> bytes:
    """A workbook: the figures as numbers on one sheet, what they mean on the other."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        forms = {unit: book.add_format({"num_format": form}) for unit, form in _FORMATS.items()}
        sheet = book.add_worksheet("Report")
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, len(ALL), 14)
        heads = [f"by {report.by}", *(f"{each.name}{_hours(each)}" for each in ALL)]
        sheet.write_row(0, 0, heads, bold)
        for line, (name, values) in enumerate(_rows(report), start=1):
            sheet.write_string(line, 0, cell(name))
            for column, (measure, value) in enumerate(values, start=1):
                if value is not None:
                    shown = value / HOUR if measure.unit == "seconds" else value
                    sheet.write_number(line, column, shown, forms[measure.unit])
        words = book.add_worksheet("What it means")
        words.set_column(0, 0, 24)
        words.set_column(1, 1, 100)
        period = report.period
        words.write_row(0, 0, ["Period", f"{period.first} to {period.last}, {period.zone}"], bold)
        for line, measure in enumerate(ALL, start=1):
            words.write_row(line, 0, [measure.name, measure.words])
    return file.getvalue()


def render_text(report: Report) -> str:
    """For a mail that is read without tables: a block for each line, the whole first."""
    blocks = []
    for name, values in reversed(list(_rows(report))):
        lines = [f"  {measure.name}: {words(measure, value)}" for measure, value in values]
        blocks.append("\n".join([name, *lines]))
    return "\n\n".join([blocks[0], *reversed(blocks[1:])])


def words(measure: Measure, value: Value) -> str:
    """A figure as people read it."""
    if value is None:
        return "–"
    if measure.unit == "share":
        return f"{value:.0%}"
    if measure.unit == "seconds":
        return duration(value)
    return f"{value:,.0f}" if measure.unit == "tickets" else f"{value:,.1f}"


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `5.5 h`, `3.2 d`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < 48 * HOUR else f"{seconds / (24 * HOUR):.1f} d"


def _rows(report: Report) -> Iterator[tuple[str, Sequence[tuple[Measure, Value]]]]:
    for line in report.lines:
        yield line.name or "(none)", [(each, line.values[each.key]) for each in ALL]
    yield TOTAL, [(each, report.total[each.key]) for each in ALL]


def _hours(measure: Measure) -> str:
    return " (h)" if measure.unit == "seconds" else ""


def _number(measure: Measure, value: Value) -> str:
    if value is None:
        return ""
    if measure.unit == "tickets":
        return f"{value:.0f}"
    if measure.unit == "average":
        return f"{value:.2f}"
    return f"{value / HOUR:.2f}" if measure.unit == "seconds" else f"{value * 100:.1f}"
