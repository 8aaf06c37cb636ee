"""New words are told from quotes, signatures and forwards; nothing written is lost."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketyard.mail.answers.quoting import reply_text

KEPT_WHOLE = [
    ("no quote", "Hello,\n\nthe printer is out of ink.\n\nBest regards,\nRita"),
    ("a sentence with On", "On Monday I wrote to the desk.\n\nOn Tuesday nothing had happened."),
    ("only a quote", "> Does the printer work?\n> Please tell us."),
    (
        "only a forward",
        "---------- Forwarded message ---------\nFrom: Bo <bo@desk.example>\n"
        "Date: Thu, 23 Mar 2023\nSubject: Ink\nTo: Rita\n\nThe ink is gone.",
    ),
    ("only an introduction", "On Thu, 23 Mar 2023 at 11:30, Ana Bo <ana@desk.example> wrote:"),
    (
        "a code block",
        "Look:\n\n```\n-- \n> select 1\nOn 1 Jan 2020, a <b@c.example> wrote:\n```\n\nIt hangs.",
    ),
    (
        "a stroke between paragraphs",
        "First part.\n\n-----\n\n" + "\n\n".join(f"Point {n}." for n in range(30)),
    ),
    ("a table", "| floor | ink |\n| --- | --- |\n| one | none |\n| two | full |"),
    ("a journey", "Please book:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May\n\nThank you"),
    ("sent from a place", "The parcel is missing.\n\nSent from Hamburg on 3 May by DHL."),
    ("confidential by the way", "The file is confidential.\n\nIs the recipient right?"),
    ("a prompt", "This fails:\n\nSQL> select 1 from dual;\nORA-00942"),
    ("regards within a sentence", "With regards to the printer:\n\nit works again."),
    ("words below regards", "Yes.\n\nKind regards,\nRita\n\nPS: Call me:\nfrom nine to five"),
    ("a question about writing above", "Why must I reply above this line?\n\nI do not understand."),
]

CUT = [
    (
        "signature above a long quote",
        "Yes.\n\n-- \nRita\n\nOn 23.03.2023 11:30, Ana wrote:\n" + "> Works?\n" * 40,
        "Yes.",
    ),
    (
        "answer below a block of headers and a marked quote",
        "From: Ana <ana@desk.example>\nSent: Thursday\nTo: Rita\nSubject: Ink\n\n> Works?\n\nYes.",
        "Yes.",
    ),
    ("plain quote", "Yes.\n\n> Does it work?\n> Ana", "Yes."),
    (
        "answer below the quote",
        "On 23.03.2023 11:30, Ana wrote:\n> Does it work?\n\nYes, it does.",
        "Yes, it does.",
    ),
    ("entity marks", "Yes.\n\n&gt; Does it work?", "Yes."),
    (
        "initials after an introduction",
        "Yes.\n\nOn 23.03.2023 11:30, Ana wrote:\nAB> Does it work?",
        "Yes.",
    ),
    ("bars", "Yes.\n\n| Does it work?\n| Please say.\n| Ana", "Yes."),
    (
        "quote wrapped without a mark",
        "Yes.\n\n> The printer on the second floor has been out of order since Monday"
        "\nmorning\n> and nobody came.",
        "Yes.",
    ),
    ("signature", "Yes.\n\n-- \nRita Rios\nCustomer Ltd\n+49 30 1234", "Yes."),
    ("signature below the quote", "Yes.\n\nAna wrote:\n> Works?\n\n-- \nRita", "Yes."),
    (
        "signature above the quote",
        "Yes.\n\n-- \nRita\n\nOn 23.03.2023 11:30, Ana wrote:\n> Works?",
        "Yes.",
    ),
    (
        "footer of a list",
        "Yes.\n\n_______________\nprinters mailing list\nhttps://lists.example/printers",
        "Yes.",
    ),
    (
        "notice",
        "Yes.\n\nThis e-mail is confidential and for the intended recipient only. If you are not\n"
        "the addressee, delete it.",
        "Yes.",
    ),
    (
        "title and telephone below the name",
        "Yes.\n\nKind regards,\nRita Rios\nHead of Buying\nCustomer Ltd\nTel. +49 30 1234567",
        "Yes.\n\nKind regards,\nRita Rios",
    ),
    ("titled notice", "Yes.\n\nDISCLAIMER\nAnything.", "Yes."),
    ("two device lines", "Yes.\n\nSent from my iPhone\nSent from my phone", "Yes."),
    ("device line under a mark", "Yes.\n\n--\nSent from my iPhone", "Yes."),
    ("our mark", "Yes.\n\n## Reply above this line ##\n\nYour ticket is open.", "Yes."),
    (
        "another desk's mark",
        "Yes.\n\n##- Please type your reply above this line -##\n\nOld words.",
        "Yes.",
    ),
    ("a German mark", "Ja.\n\n--- Bitte antworten Sie oberhalb dieser Zeile ---\n\nAlt.", "Ja."),
    (
        "forward below words",
        "Please look.\n\n---------- Forwarded message ---------\nFrom: Bo\n\nInk is gone.",
        "Please look.",
    ),
    (
        "an app's line before an unmarked quote",
        "Yes.\n\nGet Outlook for Android<https://aka.ms/x>\n\nOld.",
        "Yes.",
    ),
    (
        "torn introduction",
        "Yes.\n\nOn Thu, 23 Mar 2023 at 11:30 Ana\n\n<\nmailto:ana@desk.example\n> wrote:\n\nOld.",
        "Yes.",
    ),
]

INTERLEAVED = """Hello Ana,

On 23.03.2023 11:30, Ana Bo wrote:
> Does the printer work?

Yes.

> And the scanner?

No, it hums.

> Regards
> Ana
"""


@pytest.mark.parametrize(("name", "text"), KEPT_WHOLE, ids=[name for name, _ in KEPT_WHOLE])
def test_what_somebody_wrote_is_kept(name: str, text: str) -> None:
    assert reply_text(text) == text


@pytest.mark.parametrize(("name", "text", "words"), CUT, ids=[name for name, *_ in CUT])
def test_what_somebody_did_not_write_is_left_out(name: str, text: str, words: str) -> None:
    assert reply_text(text) == words


def test_answers_between_quotes_keep_what_they_answer() -> None:
    words = reply_text(INTERLEAVED)
    assert "Yes." in words
    assert "No, it hums." in words
    assert "> And the scanner?" in words
    assert "> Regards" not in words
    assert "wrote" not in words


def test_a_short_answer_close_between_two_quotes_is_no_broken_line() -> None:
    text = "> Somebody was here on Monday and looked at the printer for us.\nYes\n> And the scanner?\nNo"
    assert reply_text(text) == text


HTML = [
    ('<div>Yes.</div><div class="gmail_quote"><div>Old words</div></div>', "Yes.\nOld words"),
    (
        '<div>Yes.</div><div class="gmail_quote"><div class="gmail_attr">ana:</div>'
        '<blockquote class="gmail_quote">Old words</blockquote></div>',
        "Yes.\nana:\nOld words",
    ),
    ('<p>Yes.</p><blockquote type="cite"><p>Old words</p></blockquote>', "Yes.\n\nOld words"),
    ('<p>Yes.</p><div id="divRplyFwdMsg">x:</div><div>Old words</div>', "Yes.\n\nx:\nOld words"),
    ('<p>Yes.</p><div id="x_appendonsend"></div><div>Old words</div>', "Yes.\n\nOld words"),
    (
        '<p>Yes.</p><div style="border-top:solid #E1E1E1 1.0pt">x: y</div><p>Old words</p>',
        "Yes.\n\nx: y\nOld words",
    ),
    (
        '<p>Yes.</p><div class="yahoo_quoted"><div>Old <div>words</div></div></div>',
        "Yes.\n\nOld\nwords",
    ),
    (
        '<p>Yes.</p><div class="gmail_signature">Rita Rios<br>Customer</div>',
        "Yes.\n\nRita Rios\nCustomer",
    ),
]


@pytest.mark.parametrize(("html", "text"), HTML)
def test_the_marks_of_the_html_show_what_is_quoted(html: str, text: str) -> None:
    assert reply_text(text, html) == "Yes."


def test_an_answer_between_two_marked_quotes_survives() -> None:
    html = (
        '<blockquote type="cite">One?</blockquote>Yes.<blockquote type="cite">Two?</blockquote>No.'
    )
    words = reply_text("One?\nYes.\nTwo?\nNo.", html)
    assert "Yes." in words
    assert "No." in words


PIECES = st.sampled_from(
    [
        "> ",
        "On 3 May 2020, Ana <a@b.example> wrote:",
        "From: a@b.example",
        "Sent: Monday",
        "To: x",
        "Subject: y",
        "-- ",
        "____",
        "-----Original Message-----",
        "Sent from my iPhone",
        "```",
        "words",
        " ",
        "|",
        "<",
        "AB> ",
        "ü",
    ]
)
TEXTS = st.lists(st.lists(PIECES | st.text(max_size=8), max_size=3).map("".join), max_size=25).map(
    "\n".join
)


@settings(max_examples=300, deadline=None)
@given(
    text=TEXTS,
    html=st.sampled_from(
        ["", '<div class="gmail_quote">words</div>', "<", '<blockquote type="cite">']
    ),
)
def test_the_answer_is_made_of_lines_of_the_text(text: str, html: str) -> None:
    words = reply_text(text, html)
    assert bool(words.strip()) == bool(text.strip())
    rest = iter(text.replace("\r\n", "\n").split("\n"))
    assert all(line in rest for line in words.split("\n")) or words == text.strip("\r\n")


HOSTILE = [
    "> ",
    ">\n",
    "On \n",
    "On 3 May 2020, Ana\n",
    "From: a@b.c\n",
    "From:",
    "wrote:\n",
    "a wrote:\n",
    "<\n",
    "a@b\n",
    "2020-10-10, 10:10\n",
    "___\nx\n",
    "---\n",
    "-----Original Message-----\n",
    "```\n",
    "| \n",
    "\nconfidential ",
    "> q\na\n",
    "To: a\nSubject: b\nDate: c\n\n",
    "On 3 May 2020 <x\n> y\n",
    " ",
    "\n",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_of_the_same_takes_no_time(piece: str) -> None:
    text = "x\n" + piece * (1_000_000 // len(piece))
    begun = time.perf_counter()
    reply_text(text)
    assert time.perf_counter() - begun < 1.0
