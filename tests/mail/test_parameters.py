"""A content type and its parameters, as they are really written."""

import pytest

from ticketyard.mail.syntax.parameters import parse_parameterised

CASES = [
    ("text/plain", "text/plain", {}),
    ("TEXT/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
    ("text/plain; charset = utf-8 ; x=y", "text/plain", {"charset": "utf-8", "x": "y"}),
    ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
    ("text/plain; charset=utf-8 format=flowed", "text/plain", {"charset": "utf-8", "format": "flowed"}),
    ("text/plain;; charset=utf-8;", "text/plain", {"charset": "utf-8"}),
    ("text/plain (a comment); charset=utf-8", "text/plain", {"charset": "utf-8"}),
    ('a/b; boundary="x;y=z  "', "a/b", {"boundary": "x;y=z  "}),
    ('a/b; boundary="=?x?q?y?="', "a/b", {"boundary": "=?x?q?y?="}),
    ('a/b; name="unclosed', "a/b", {"name": "unclosed"}),
    ('a/b; name="a\\"b\\\\c"', "a/b", {"name": 'a"b\\c'}),
    ("a/b; name=two words.txt", "a/b", {"name": "two words.txt"}),
    ("a/b; name=first; name=second", "a/b", {"name": "first"}),
    ("a/b; name==?utf-8?Q?=C3=A9=3B?=", "a/b", {"name": "é;"}),
    ("a/b; name==?utf-8?Q?a;b?=; x=y", "a/b", {"name": "a;b", "x": "y"}),
    ("a/b; name*=utf-8''%C3%A9%20x", "a/b", {"name": "é x"}),
    ("a/b; name*=utf-8'en'it%27s; name=other", "a/b", {"name": "it's"}),
    ("a/b; name*1=b; name*0=a", "a/b", {"name": "ab"}),
    ("a/b; name*0*=iso-8859-1''%E9; name*1=%41; name*2*=%41", "a/b", {"name": "é%41A"}),
    ("a/b; name*=bad'%", "a/b", {"name": "bad'%"}),
    ("a/b; name*0=\"=?utf-8?Q?=C3?=\"; name*1=\"=?utf-8?Q?=A9?=\"", "a/b", {"name": "é"}),
    ("", "", {}),
    (";;;", "", {}),
    ("name=x", "", {"name": "x"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "parameters"), CASES)
def test_parameters_are_read(text: str, value: str, parameters: dict[str, str]) -> None:
    found = parse_parameterised(text)
    assert (found.value, found.parameters) == (value, parameters)
