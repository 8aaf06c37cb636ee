"""Who a message is from and to, however the header is quoted."""

import pytest

from ticketyard.mail.syntax.addresses import parse_addresses
from ticketyard.mail.syntax.identifiers import parse_id, parse_ids

CASES = [
    ("rita@example.com", [("rita@example.com", "")]),
    ("Rita <rita@example.com>", [("rita@example.com", "Rita")]),
    ('"Serikova, Rita" <rita@example.com>', [("rita@example.com", "Serikova, Rita")]),
    ("Serikova, Rita <rita@example.com>", [("rita@example.com", "Serikova, Rita")]),
    ("rita@example.com (Rita S.)", [("rita@example.com", "Rita S.")]),
    ("rita@example.com Rita", [("rita@example.com", "Rita")]),
    ("=?utf-8?Q?M=C3=BCller=2C_Bo?= <bo@example.com>", [("bo@example.com", "Müller, Bo")]),
    ("=?utf-8?Q?a,b?= <a@x.com>, =?utf-8?Q?c;d?= <c@x.com>", [("a@x.com", "a,b"), ("c@x.com", "c;d")]),
    ('"=?utf-8?Q?Bo?=" <bo@example.com>', [("bo@example.com", "Bo")]),
    ("=?utf-8?Q?Bo_=3Cbo=40example.com=3E?=", [("bo@example.com", "Bo")]),
    ("a@x.com; b@x.com, <c@x.com>", [("a@x.com", ""), ("b@x.com", ""), ("c@x.com", "")]),
    ("Team: a@x.com, Bo <b@x.com>;, c@x.com", [("a@x.com", ""), ("b@x.com", "Bo"), ("c@x.com", "")]),
    ("undisclosed-recipients:;", []),
    ("Undisclosed recipients: ;", []),
    ("", []),
    (",,;", []),
    ("<>", []),
    ("Nobody <>", []),
    ('"unclosed <a@x.com>', [("a@x.com", "unclosed")]),
    ("(unclosed <a@x.com>", [("a@x.com", "unclosed")]),
    ("<a@x.com", [("a@x.com", "")]),
    ("<<a@x.com>>", [("a@x.com", "")]),
    ("< a @ x.com >", [("a@x.com", "")]),
    ("<mailto:a@x.com>", [("a@x.com", "")]),
    ("<@hop.com,@other.com:a@x.com>", [("a@x.com", "")]),
    ("Pete(A nice \\) chap) <pete(his)@silly.test(host)>", [("pete@silly.test", "Pete")]),
    ('"john doe"@example.com', [('"john doe"@example.com', "")]),
    ('"a@x.com" <b@y.com>', [("b@y.com", "a@x.com")]),
    ("'a@x.com' <b@y.com>", [("b@y.com", "a@x.com")]),
    ("'a@x.com'", [("a@x.com", "")]),
    ("=?utf-8?q?=40evil.com?=@good.com", [("=?utf-8?q?=40evil.com?=@good.com", "")]),
    ("Jöhn <jöhn@exämple.com>", [("jöhn@exämple.com", "Jöhn")]),
    ("MAILER-DAEMON (Mail Delivery System)", [("MAILER-DAEMON", "Mail Delivery System")]),
    ("a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
    ('"Bo \\"the\\" Desk" <b@x.com>', [("b@x.com", 'Bo "the" Desk')]),
    ("a@x.com.", [("a@x.com", "")]),
    ("Bob [bob@x.com]", [("bob@x.com", "Bob")]),
    ("Bob \\(HR\\) <b@x.com>", [("b@x.com", "Bob (HR)")]),
    ("=?utf-8?Q?B=C3=B6b?= Smith, CEO <b@x.com>", [("b@x.com", "Böb Smith, CEO")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_addresses_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.email, each.name) for each in parse_addresses(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a@x> <b@x>", ("a@x", "b@x")),
        ("<a@x>\t<a@x>, <b@x>", ("a@x", "b@x")),
        ("<a@\r\n x>", ("a@x",)),
        ("a@x b@x", ("a@x", "b@x")),
        ("Your message of Monday <a@x>", ("a@x",)),
        ("<>", ()),
        ("", ()),
    ],
)
def test_ids_are_read(text: str, expected: tuple[str, ...]) -> None:
    assert parse_ids(text) == expected


def test_an_id_without_brackets_is_one() -> None:
    assert parse_id("abc123") == "abc123"
