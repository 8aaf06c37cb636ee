"""Only the trusted server's word about a sender counts, and only the part it wrote itself."""

import pytest

from ticketyard.mailboxes.landing.authentication import sender_verdict

MX = "mx.desk.example"


def _headers(*values: str) -> list[tuple[str, str]]:
    return [("authentication-results", value) for value in values]


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (f"{MX}; dmarc=pass header.from=example.com", "pass"),
        (f"{MX}; dmarc=fail (p=none) header.from=example.com", "fail"),
        (f"{MX}; dmarc=fail header.from=example.com; spf=pass smtp.mailfrom=example.com", "fail"),
        (f"{MX}; dkim=pass header.d=example.com", "pass"),
        (f"{MX}; dkim=pass header.d=mail.example.com", "pass"),
        (f"{MX}; dkim=pass header.i=@example.com header.s=k1", "pass"),
        (f"{MX}; dkim=pass header.d=evil.example", "none"),
        (f"{MX}; dkim=pass header.d=com", "none"),
        (f"{MX}; spf=pass smtp.mailfrom=rita@example.com", "pass"),
        (f"{MX}; spf=pass smtp.mailfrom=bounces.evil.example", "none"),
        (f"{MX}; spf=fail smtp.mailfrom=example.com", "fail"),
        (f"{MX}; spf=softfail smtp.mailfrom=example.com", "none"),
        (f"{MX}; spf=fail smtp.mailfrom=lists.example.org; dkim=pass header.d=lists.example.org", "none"),
        (f"{MX} 1; DMARC=PASS", "pass"),
        (f"{MX.upper()} (our own); dmarc=pass (dis=none; says; pass)", "pass"),
        (f"{MX}; none", "none"),
        (f"{MX}.evil.example; dmarc=pass", "none"),
        ("evil.example; dmarc=pass", "none"),
        ("", "none"),
        (f"{MX}; spf=neutral (dmarc=pass); spf=fail", "fail"),
        (f"{MX}; dmarc=pass header.from=evil.example", "fail"),
        (f"{MX}; dmarc=pass header.from=mail.example.com", "pass"),
        (f'{MX}; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example', "none"),
        (f'{MX}; dkim=pass reason="good; signature" header.d=example.com', "pass"),
        (f'{MX}; dkim=pass header.d=evil.example header.i="@example.com"', "none"),
        (f"{MX}; dkim=pass header.i=@example.com header.d=evil.example", "none"),
        (f'{MX}; spf=none (a"b); dmarc=fail; x=y (c"d)', "fail"),
        (f"{MX}; dmarc=pass; dmarc=fail", "fail"),
        (f"{MX}; dmarc=temperror; dmarc=pass", "none"),
    ],
)  # fmt: skip
def test_what_a_header_says(value: str, verdict: str) -> None:
    found = sender_verdict(_headers(value), authserv_id=MX, sender_domain="example.com")

    assert found == verdict


def test_what_lies_below_the_next_received_header_was_written_by_the_sender() -> None:
    forged = ("authentication-results", f"{MX}; dmarc=pass")
    ours = ("authentication-results", f"{MX}; dmarc=fail")
    received = ("received", "from evil by mx")

    found = sender_verdict(
        [received, ours, received, forged], authserv_id=MX, sender_domain="example.com"
    )

    assert found == "fail"


def test_the_topmost_word_of_each_method_counts() -> None:
    headers = _headers(f"{MX}; spf=none", f"{MX}; dmarc=fail", f"{MX}; dmarc=pass; dkim=pass")

    assert sender_verdict(headers, authserv_id=MX, sender_domain="example.com") == "fail"


def test_without_a_trusted_server_nobody_is_believed() -> None:
    headers = _headers(f"{MX}; dmarc=pass", "; dmarc=fail")

    assert sender_verdict(headers, authserv_id="", sender_domain="example.com") == "none"


def test_a_hostile_header_takes_no_time() -> None:
    headers = _headers(f"{MX}; " + "(" * 200_000, f"{MX}; " + "a=b;" * 100_000)

    assert sender_verdict(headers, authserv_id=MX, sender_domain="example.com") == "none"
