"""A mail in its frame: the message's own pictures, nothing from elsewhere unless asked, no scripts."""

import pytest

from ticketyard.mail.message import Address, Mail, MailFile
from ticketyard.web.pages.mail_document import fold_quotes, image_type, mail_document, policy

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def picture(content: bytes = PNG, content_id: str = "logo@x") -> MailFile:
    return MailFile(
        name="logo", content_type="text/html", content_id=content_id, read=lambda: content
    )


def shown(html: str, *files: MailFile, images: bool = False) -> str:
    return mail_document(Mail(body_html=html, files=files), images=images)


def test_the_messages_own_picture_is_put_in() -> None:
    page = shown('<img src="cid:logo%40x" alt="A &gt; B">', picture())
    assert 'src="data:image/png;base64,iVBORw0KGgo' in page
    assert "cid:" not in page
    assert 'alt="A &gt; B"' in page


@pytest.mark.parametrize(
    "file",
    [
        picture(b"<svg onload=alert(1)>"),
        picture(b""),
        picture(PNG + bytes(6_000_000)),
        picture(content_id="other@x"),
    ],
    ids=["no picture", "empty", "too large", "another"],
)
def test_what_is_no_picture_of_its_own_is_not_put_in(file: MailFile) -> None:
    assert "src=" not in shown('<img src="cid:logo@x">', file).partition("<main>")[2]


def test_all_pictures_of_a_mail_together_have_a_limit() -> None:
    files = [picture(PNG + bytes(4_900_000), f"p{n}@x") for n in range(5)]
    page = shown("".join(f'<img src="cid:p{n}@x">' for n in range(5)), *files)
    assert page.count("data:image/png") == 3


def test_remote_images_come_only_when_asked_for() -> None:
    html = '<p data-src="http://no.example">x</p><img data-src="https://t.example/p.gif?a=1&amp;b" alt="">'
    page = shown(html)
    assert 'data-src="https://t.example' in page
    assert "1 remote image is not shown." in page
    page = shown(html, images=True)
    assert '<img src="https://t.example/p.gif?a=1&amp;b" alt="">' in page
    assert '<p data-src="http://no.example">' in page
    assert "not shown" not in page


def test_text_beside_an_image_is_no_attribute() -> None:
    html = '<img alt="x"> data-src="https://t.example/" src="cid:logo@x"'
    assert shown(html, picture(), images=True).partition("<main>")[2].startswith(html)


def test_headers_and_text_are_only_text() -> None:
    mail = Mail(
        subject="<script>a</script>",
        sender=Address("a@b.example", "<b>"),
        to=(Address("c@d.example"),),
        body_text="<script>alert(1)</script>",
    )
    page = mail_document(mail)
    assert "<script>" not in page
    assert "&lt;b&gt; &lt;a@b.example&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_text_folds_what_it_quotes() -> None:
    mail = Mail(body_text="Yes.\n\n> Shall we?\n", reply_text="Yes.", body_html="<p>Yes.</p>")
    page = mail_document(mail, as_text=True)
    assert "<p>Yes.</p>" not in page
    before, _, folded = page.partition("<summary>Quoted text</summary>")
    assert ">Yes.</pre>" in before
    assert "&gt; Shall we?" in folded


@pytest.mark.parametrize(
    ("body", "reply", "expected"),
    [
        ("Yes.\n\n> No?\n", "Yes.", ("Yes.", "> No?", "")),
        ("> No?\n\nYes.\n", "Yes.", ("", "> No?", "Yes.")),
        ("> a\nYes.\n> b", "Yes.", ("> a\nYes.\n> b", "", "")),
        ("All of it.", "All of it.", ("All of it.", "", "")),
        ("a\n> q\nb", "a\nb", ("a\n> q\nb", "", "")),
        ("Only a quote", "", ("Only a quote", "", "")),
    ],
)
def test_quotes_are_folded_where_the_new_words_are_one_piece(
    body: str, reply: str, expected: tuple[str, str, str]
) -> None:
    assert fold_quotes(body, reply) == expected


def test_the_policy_lets_nothing_in() -> None:
    assert policy(images=False).startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    )
    assert "img-src data: https: http:;" in policy(images=True)
    for each in (policy(images=True), policy(images=False)):
        assert each.endswith("; sandbox")
        assert "script" not in each


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (b"<svg/>", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(content: bytes, kind: str) -> None:
    assert image_type(content) == kind
