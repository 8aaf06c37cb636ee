"""Strangers' files, read by the real child process: what it gives, and what it does not let out."""

import asyncio
import io
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from tests.knowledge.documents import (
    BOMB,
    LAUGHS,
    excel,
    lying_about_size,
    packed,
    pdf,
    with_part,
    word,
)
from ticketyard.knowledge.reading.blocks import Block, Part
from ticketyard.knowledge.reading.kinds import CannotRead, Kind
from ticketyard.knowledge.reading.running import Limits, ReaderDied, read_file

LINES = (("The first page tells of tea.", "It is hot."), ("The second tells of milk.",))


async def read(
    kind: Kind, content: bytes, limits: Limits | None = None, parts: list[Part] | None = None
) -> list[Block]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]

    async def note(part: Part) -> None:
        if parts is not None:
            parts.append(part)

    return await read_file(kind, pieces(), len(content), on_part=note, limits=limits)


def texts(blocks: Sequence[Block]) -> list[str]:
    return [each.text for each in blocks]


async def test_a_pdf_gives_its_lines_with_their_pages() -> None:
    parts: list[Part] = []

    blocks = await read("pdf", pdf(LINES), parts=parts)

    assert [(each.page, each.text) for each in blocks] == [
        (1, "The first page tells of tea."),
        (1, "It is hot."),
        (2, "The second tells of milk."),
    ]
    assert parts[-1] == Part(2, 2)


async def test_lines_that_were_broken_for_paper_are_put_together() -> None:
    lines = (
        "To connect from home, open the client that is on every desk and choose",
        "the office next to you, then wait until the lamp is green.",
        "- An item stands for itself",
    )

    assert texts(await read("pdf", pdf([lines]))) == [f"{lines[0]} {lines[1]}", lines[2]]


async def test_five_hundred_pages_are_read() -> None:
    blocks = await read("pdf", pdf([[f"This is page {n}."] for n in range(1, 501)]))

    assert (len(blocks), blocks[-1]) == (500, Block("This is page 500.", page=500))


async def test_a_word_file_gives_headings_paragraphs_and_rows() -> None:
    blocks = await read(
        "word", word((1, "VPN"), "Open  it.", (2, "Home"), rows=[["a", "b"], ["", "c d"]])
    )

    assert blocks == [
        Block("VPN", level=1),
        Block("Open it."),
        Block("Home", level=2),
        Block("a | b", row=1),
        Block("c d", row=2),
    ]


async def test_inserted_words_are_read_and_struck_ones_are_not() -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"<w:p>{run.format('Press ')}<w:ins>{run.format('green')}</w:ins>"
        f"<w:del><w:r><w:delText>red</w:delText></w:r>{run.format('blue')}</w:del></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run.format('In a form.')}</w:p></w:sdtContent></w:sdt>"
        "</w:body></w:document>"
    )

    found = await read("word", with_part(word("x"), "word/document.xml", body.encode()))

    assert texts(found) == ["Press green", "In a form."]


async def test_an_excel_file_gives_rows_below_the_name_of_their_sheet() -> None:
    rows = [["Part", "Price"], ["Bolt", 3.0], [None, None], ["Nut", 1.25, True]]

    blocks = await read("excel", excel(Prices=rows, Empty=[], Other=[["just this"]]))

    assert blocks == [
        Block("# Sheet: Prices", level=1, sheet="Prices"),
        Block("Part | Price", level=2, sheet="Prices", row=1),
        Block("Bolt | 3", sheet="Prices", row=2),
        Block("Nut | 1.25 | yes", sheet="Prices", row=4),
        Block("# Sheet: Other", level=1, sheet="Other"),
        Block("just this", sheet="Other", row=1),
    ]


async def test_a_workbook_with_charts_comments_and_hidden_sheets_is_read_without_them() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["City", "Days"], ["Astana", 2], ["Almaty", 3]):
        sheet.append(row)
    sheet["A2"].comment = Comment("ask Bo", "Ana")
    sheet["B4"] = "=SUM(B2:B3)"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "D2")
    book.create_sheet("Costs").append(["secret", 1])
    book["Costs"].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)

    found = texts(await read("excel", file.getvalue()))

    assert found == ["# Sheet: Sheet", "City | Days", "Astana | 2", "Almaty | 3"]


async def test_markdown_gives_what_its_reader_would_read() -> None:
    source = (
        "# Printer\n\nIt *jams*; see [the guide](https://x.example/g) or <https://y.example>.\n\n"
        "## Again\n1. Open\n2. Close\n\n|a|b|\n|-|-|\n|1||\n\n```\nlp   -d x\n```\n\n"
        "<script>alert(1)</script>\n<p>raw <b>words</b></p>\n"
    )

    assert [(each.level, each.text) for each in await read("markdown", source.encode())] == [
        (1, "Printer"),
        (0, "It jams; see the guide (https://x.example/g) or https://y.example."),
        (2, "Again"),
        *((0, each) for each in ("Open", "Close", "a | b", "1", "lp -d x", "raw words")),
    ]


async def test_html_gives_its_words_and_nothing_that_runs() -> None:
    source = (
        "<html><head><title>t</title><style>p{}</style></head><body onload=alert(1)>"
        "<script>document.write('evil')</script><h1>Head &amp; all</h1><p>One<br>two</p>"
        "<noscript>no</noscript><template>no</template><svg><text>no</text></svg>"
        "<table><tr><td>1</td><td>2</td></tr></table><pre>a\n  b</pre><div><b>bo</b>ld</div>"
    )

    assert [(each.level, each.text) for each in await read("html", source.encode())] == [
        (1, "Head & all"),
        *((0, each) for each in ("One", "two", "1 | 2", "a", "b", "bold")),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "cp1251", "koi8_u"])
async def test_text_is_read_whatever_letters_it_is_written_in(charset: str) -> None:
    words = "Перезагрузите маршрутизатор и подождите две минуты."

    assert texts(await read("text", words.encode(charset))) == [words]


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        ("pdf", pdf(LINES, is_locked=True), "encrypted"),
        ("pdf", pdf(LINES)[:200], "broken"),
        ("pdf", b"%PDF-1.7 and nothing else", "broken"),
        ("pdf", pdf([["x"]] * 2_001), "too_long"),
        ("word", packed(("word/document.xml", b"<x/>")), "broken"),
        ("word", with_part(word("x"), "word/document.xml", b"<w:document"), "broken"),
        ("word", word("words " * 20_000)[:9_000], "broken"),
        ("excel", packed(("xl/workbook.xml", b"")), "broken"),
        ("excel", excel(A=[["x"]])[:-40], "broken"),
        ("text", b"word " * 700_000, "too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_read_says_why(kind: Kind, content: bytes, problem: str) -> None:
    with pytest.raises(CannotRead) as refusal:
        await read(kind, content)

    assert refusal.value.problem == problem


async def test_a_document_that_laughs_a_billion_times_is_not_heard() -> None:
    """Entities that unfold without end: not unfolded, whatever else becomes of the file."""
    bombs = (
        (
            "word",
            with_part(word("x"), "word/document.xml", LAUGHS + b"<w:document>&i;</w:document>"),
        ),
        ("excel", with_part(excel(A=[["x"]]), "xl/sharedStrings.xml", LAUGHS + b"<sst>&i;</sst>")),
    )
    for kind, content in bombs:
        try:
            found = await read(kind, content, Limits(memory_bytes=512 * 1024**2, cpu_seconds=10))  # type: ignore[arg-type]
        except (CannotRead, ReaderDied):
            continue
        assert sum(len(each.text) for each in found) < 1_000


async def test_a_part_that_lies_about_its_size_fills_no_memory() -> None:
    bomb = with_part(word("x"), "word/document.xml", BOMB)

    with pytest.raises(CannotRead) as refusal:
        await read("word", lying_about_size(bomb, "word/document.xml", 1_000))

    assert refusal.value.problem == "broken"


async def test_what_needs_too_much_memory_harms_only_its_reader() -> None:
    rows = b"<w:p/>" * 3_000_000
    body = (
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        + rows + b"</w:body></w:document>"
    )  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises((CannotRead, ReaderDied)) as refusal:
        await read(
            "word",
            with_part(word("x"), "word/document.xml", body),
            Limits(memory_bytes=300 * 1024**2),
        )

    assert refusal.value.problem in ("needs_too_much", "broken", "reader_died")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(ReaderDied) as death:
        await read("markdown", b"*a [" * 700_000, Limits(cpu_seconds=1, wall_seconds=20))

    assert death.value.problem == "took_too_long"


async def test_bytes_that_stop_coming_are_waited_for_so_long_and_no_longer() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b"%PDF-"
        await asyncio.sleep(60)

    with pytest.raises(ReaderDied) as death:
        await read_file("pdf", nothing(), 1_000, limits=Limits(wall_seconds=1))

    assert death.value.problem == "took_too_long"


async def test_bytes_that_cannot_be_had_are_told_as_what_they_are() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"%PDF-"
        raise FileNotFoundError("the storage lost it")

    with pytest.raises(FileNotFoundError):
        await read_file("pdf", broken(), 1_000)


PROBE = """
import json, os, runpy, socket, subprocess, sys
from ticketyard.knowledge.reading import __main__ as child
child._give_everything_away(2**30, 10, 20)
told = {"environment": dict(os.environ), "open": []}
for name, act in {
    "file": lambda: open("/etc/hostname"),
    "environ of the parent": lambda: open(f"/proc/{os.getppid()}/environ"),
    "socket": socket.socket,
    "pipe": os.pipe,
    "program": lambda: subprocess.run(["true"]),
}.items():
    try:
        act()
        told["open"].append(name)
    except OSError:
        pass
print(json.dumps(told))
"""


def test_a_child_has_nothing_to_give_away_and_can_get_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE],
        capture_output=True,
        env={"LC_ALL": "C.UTF-8"},
        timeout=20,
    )

    assert done.stdout == b'{"environment": {"LC_ALL": "C.UTF-8"}, "open": []}\n', done.stderr


async def test_a_child_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the running child itself, by way of the kernel."""
    monkeypatch.setenv("TICKETYARD_SECRET_KEY", "canary7d1f")
    seen: list[bytes] = []

    async def looking() -> AsyncIterator[bytes]:
        await asyncio.sleep(0.5)
        seen.extend(_environments_of_readers())
        yield b"words"

    await read_file("text", looking(), 5)

    assert seen
    assert set(seen) == {b"LC_ALL=C.UTF-8\x00"}


def _environments_of_readers() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"ticketyard.knowledge.reading" in (process / "cmdline").read_bytes():
                yield (process / "environ").read_bytes()
