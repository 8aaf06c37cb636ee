"""Whatever is put in, what comes out is one message with the headers we meant and no others."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticketyard.mail.message import Address
from ticketyard.mail.outgoing.composing import (
    Answer,
    OutgoingFile,
    compose,
    render_html,
    subject_with_number,
)
from ticketyard.mail.outgoing.headers_out import BadAddress, envelope_address, ids_value
from ticketyard.mail.outgoing.reply_mark import REPLY_MARK
from ticketyard.mail.reading import read_mail

NOW = datetime(2025, 12, 15, 9, 30, tzinfo=UTC)
NUMBER = "TKT-20251215-001"
HEADERS = [
    "From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "MIME-Version", "Content-Type",
]  # fmt: skip
# Everything that any reader takes for the end of a line, and what is not kept in headers.
NASTY = st.text(
    st.one_of(
        st.sampled_from('\r\n\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\u202e\ud800 \t:;,<>@"\\=?()'),
        st.characters(),
    ),
    max_size=300,
)
# Plain words take another way than letters beyond ASCII.
NASTY |= st.text('\r\n\x00\x01\x0b\x1b\x1f\x7f aB:;,<>@"\\=?()', max_size=40)
ATTACK = "Hi\r\nBcc: everybody@example.com\r\n\r\n<script>alert(1)</script>"


def answer(**given: Any) -> Answer:
    plain: dict[str, Any] = {
        "message_id": f"{NUMBER}.5f@north.example",
        "sender": Address("desk@north.example", "North Desk"),
        "to": (Address("rita@example.com", "Rita"),),
        "subject": "Printer",
        "text": "Hello",
        "date": NOW,
    }
    return Answer(**{**plain, **given})


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def raw_names(content: bytes) -> list[str]:
    head = content.partition(b"\r\n\r\n")[0]
    return [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] != b" "]


@given(subject=NASTY, name=NASTY, sender=NASTY, text=NASTY, file=NASTY, kind=NASTY)
@example(ATTACK, ATTACK, ATTACK, ATTACK, ATTACK, ATTACK)
@example("a\x00b\x1b\x7f", "a\x00b", "a\x01b", "a\x00b", "a\x00b", "a\x00b")
@example("x" * 9000, "y" * 9000, "z" * 9000, "w" * 99_999, "v" * 9000, "u" * 9000)
@example("=?utf-8?q?a=0d=0aBcc:_x?=", '"', "\\", "\r", "..\\..//\r\n", "text/html; x=\r\n")
def test_no_words_reach_beyond_their_own_header(
    subject: str, name: str, sender: str, text: str, file: str, kind: str
) -> None:
    content = compose(
        answer(
            subject=subject_with_number(subject, NUMBER, is_reply=True),
            sender=Address("desk@north.example", sender),
            to=(Address("rita@example.com", name), Address("cy@example.com", name)),
            text=text,
            files=(OutgoingFile(name=file, content_type=kind, content=b"\x00\xff"),),
        )
    )
    assert raw_names(content) == [
        "From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version",
    ] or raw_names(content) == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\x00" not in content
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()
    head = content.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"")
    assert not {*head} & {*range(32), 127}
    message = parsed(content)
    assert [each.addr_spec for each in message["To"].addresses] == [
        "rita@example.com", "cy@example.com",
    ]  # fmt: skip
    assert [each.addr_spec for each in message["From"].addresses] == ["desk@north.example"]
    assert message["Subject"].count(f"[{NUMBER}]") >= 1
    parts = list(message.walk())
    assert len(parts) == 5, "mixed, alternative, text, HTML, file"
    assert parts[4].get_payload(decode=True) == b"\x00\xff"


@given(st.lists(NASTY, max_size=8), NASTY)
@example(["a@b\r\nBcc: x@y", "c d@e", "f@g"], "h@i>\r\n")
@example([f"{n}.{'x' * 200}@outlook.example" for n in range(60)], "last@x")
def test_ids_of_strangers_end_no_header(references: list[str], parent: str) -> None:
    content = compose(answer(references=tuple(references), in_reply_to=parent))
    assert set(raw_names(content)) <= set(HEADERS)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    chain = str(parsed(content)["References"] or "")
    assert len(chain.split()) <= 20


@given(st.one_of(NASTY, st.builds("{}@{}".format, NASTY, NASTY)))
@example("rita@example.com\r\nRCPT TO:<x@y>")
@example("rita@example.com>\nBcc: x@y")
@example("a b@example.com")
@example("rita@exa mple.com")
@example("rita@example.com\x00")
@example("<rita@example.com>")
@example("@example.com")
@example("rita@")
@example("a..b@example.com")
@example("rita@-x.dk")
@example(f"{'a' * 65}@example.com")
@example(f"rita@{'a.' * 200}dk")
def test_an_address_is_one_or_is_refused(email: str) -> None:
    try:
        found = envelope_address(email)
    except BadAddress:
        return
    local, _, domain = found.rpartition("@")
    assert local
    assert domain.isascii()
    assert not set(found) & set(' \r\n\t\x00<>,;:()"\\[]\u2028\u2029\x85')


@pytest.mark.parametrize(
    "email", ["rita@example.com", "r.o+tag@x-y.dk", "a@localhost", "o'neil@x.dk"]
)
def test_ordinary_addresses_pass(email: str) -> None:
    assert envelope_address(email) == email


def test_letters_beyond_ascii_survive_everywhere() -> None:
    content = compose(
        answer(
            sender=Address("desk@exämple.com", "Nørre Desk, “Support”"),
            to=(Address("r@x.dk", "Рита Иванова"), Address("j@x.dk", "李小龍")),
            cc=(Address("c@x.dk", 'Miller, Bob "B"'),),
            subject="Принтер 🔥 горит",
            text="Ænd “this” 🔥\nпривет",
            files=(OutgoingFile(name="Акт №1.pdf", content_type="application/pdf", content=b"%"),),
        )
    )
    message = parsed(content)
    assert message["From"].addresses[0].display_name == "Nørre Desk, “Support”"
    assert [each.display_name for each in message["To"].addresses] == ["Рита Иванова", "李小龍"]
    assert message["Cc"].addresses[0].display_name == 'Miller, Bob "B"'
    assert message["Subject"] == "Принтер 🔥 горит"
    ours = read_mail(content)
    assert (ours.subject, ours.body_text.splitlines()[:2]) == (
        "Принтер 🔥 горит", ["Ænd “this” 🔥", "привет"],
    )  # fmt: skip
    assert [each.name for each in ours.files] == ["Акт №1.pdf"]


@pytest.mark.parametrize("words", ["=?utf-8?q?a=0d=0aBcc:_x@y?=", "=?utf-8?b?SGk=?= there"])
def test_words_that_look_encoded_stay_what_they_are(words: str) -> None:
    """Else a reader would decode what we never wrote, line ends and all."""
    sender = Address("desk@north.example", words)
    message = parsed(compose(answer(subject=words, sender=sender)))
    assert message["Subject"] == words
    assert message["From"].addresses[0].display_name == words


def test_the_same_answer_is_the_same_message() -> None:
    assert compose(answer()) == compose(answer())


@pytest.mark.parametrize(
    ("auto", "said"), [("", None), ("replied", "auto-replied"), ("generated", "auto-generated")]
)
def test_automatic_mail_says_so(auto: Any, said: str | None) -> None:
    message = parsed(compose(answer(auto=auto)))
    assert message["Auto-Submitted"] == said
    assert message["X-Auto-Response-Suppress"] == ("All" if said else None)
    assert message["Precedence"] == ("bulk" if said else None)
    assert read_mail(compose(answer(auto=auto))).auto == auto


def test_a_long_thread_keeps_its_beginning_and_its_end() -> None:
    ids = [f"{n}@x" for n in range(50)]
    kept = parsed(compose(answer(references=tuple(ids), in_reply_to="last@x")))[
        "References"
    ].split()
    assert kept == ["<0@x>", *(f"<{n}@x>" for n in range(32, 50)), "<last@x>"]
    assert ids_value(["a@b", "a@b"]) == "<a@b>"


def test_a_long_id_is_not_broken() -> None:
    """Some servers make ids longer than a line; one that is folded or encoded is another id."""
    long = f"{'A' * 180}@outlook.example"
    message = parsed(compose(answer(in_reply_to=long)))
    assert message["In-Reply-To"].strip() == f"<{long}>"


@pytest.mark.parametrize(
    ("subject", "is_reply", "expected"),
    [
        ("Printer", False, f"[{NUMBER}] Printer"),
        ("Printer", True, f"Re: [{NUMBER}] Printer"),
        (f"Re: [{NUMBER}] Printer", True, f"Re: [{NUMBER}] Printer"),
        (f"[{NUMBER}] AW: [{NUMBER}] Printer", True, f"Re: [{NUMBER}] Printer"),
        (f"SV: VS: [{NUMBER.lower()}] Printer", True, f"Re: [{NUMBER}] Printer"),
        (f"Re: {NUMBER} Printer", True, f"Re: [{NUMBER}] Printer"),
        ("Re[2]: Printer", True, f"Re: [{NUMBER}] Printer"),
        ("[TKT-20251214-007] Printer", True, f"Re: [{NUMBER}] [TKT-20251214-007] Printer"),
        ("Reset: Printer", True, f"Re: [{NUMBER}] Reset: Printer"),
        ("", True, f"Re: [{NUMBER}]"),
    ],
)
def test_the_subject_bears_the_number_once(subject: str, is_reply: bool, expected: str) -> None:
    assert subject_with_number(subject, NUMBER, is_reply=is_reply) == expected


def test_html_says_what_the_text_says_and_runs_nothing() -> None:
    text = (
        f"{REPLY_MARK}\n\n<b onclick=x>&</b>  two\nhttps://x.dk/a?b=1&c=2.\n> quoted\n> more\nend"
    )
    html = render_html(text)
    assert "&lt;b onclick=x&gt;&amp;&lt;/b&gt; &nbsp;two" in html
    assert '<a href="https://x.dk/a?b=1&amp;c=2">https://x.dk/a?b=1&amp;c=2</a>.' in html
    assert html.count("<blockquote") == 1
    assert "javascript" not in render_html('javascript:alert(1) https://x"onmouseover="y').replace(
        "javascript:alert", ""
    )
    assert '"onmouseover' not in render_html('https://x.dk/"onmouseover="y')


def test_our_own_reader_finds_the_answer_above_the_mark() -> None:
    """The mark in our mail is what lets us cut the customer's answer out of theirs."""
    ours = parsed(compose(answer(text=f"{REPLY_MARK}\n\nHave you tried water?")))
    body = ours.get_body(("plain",))
    assert body is not None
    quoted = "".join(f"> {line}\n" for line in body.get_content().splitlines())
    theirs = compose(answer(text=f"Yes, I have.\n\nOn Monday, the desk wrote:\n{quoted}"))
    assert read_mail(theirs).reply_text.strip() == "Yes, I have."
    unmarked = compose(answer(text=f"Yes, I have.\n\n{body.get_content()}"))
    assert read_mail(unmarked).reply_text.strip() == "Yes, I have."


def test_a_message_inside_is_attached_as_bytes() -> None:
    """base64 is forbidden for message/rfc822 (RFC 2046 5.2.1), and 8 bits may not travel."""
    file = OutgoingFile(
        name="old.eml", content_type="message/rfc822", content=b"From: x\r\n\r\n\xe6"
    )
    (part,) = parsed(compose(answer(files=(file,)))).iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_filename() == "old.eml"


def test_a_message_id_that_is_none_is_refused() -> None:
    with pytest.raises(BadAddress):
        compose(answer(message_id="a b>\r\nBcc: x@y"))


@pytest.mark.parametrize(("length", "kept"), [(20, 20), (400, 150)])
def test_a_long_file_name_keeps_its_ending(length: int, kept: int) -> None:
    name = "x" * (length - 4) + ".pdf"
    file = OutgoingFile(name=name, content_type="application/pdf", content=b"x")
    (part,) = parsed(compose(answer(files=(file,)))).iter_attachments()
    found = part.get_filename()
    assert found is not None
    assert (len(found), found[-4:]) == (kept, ".pdf")
