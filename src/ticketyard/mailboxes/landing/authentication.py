"""Pure: what the receiving server found out about a sender (SPF, DKIM, DMARC).

Source: RFC 8601. Anybody can write an Authentication-Results header, so only those count that name
the server this mailbox trusts, and of those only the topmost group: whatever lies below the next
Received header was there before that server saw the message.
"""

import re
from collections.abc import Iterable
from typing import Literal

Verdict = Literal["pass", "fail", "none"]

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*([a-z0-9_-]+)\s*=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
_DOMAIN_OF = {
    "dkim": re.compile(r"header\.(?:d|i)\s*=\s*\"?(?:[^\s;\"]*@)?([^\s;\"@]+)", re.IGNORECASE),
    "spf": re.compile(r"smtp\.mailfrom\s*=\s*\"?(?:[^\s;\"]*@)?([^\s;\"@]+)", re.IGNORECASE),
}


def sender_verdict(
    headers: Iterable[tuple[str, str]], *, authserv_id: str, sender_domain: str
) -> Verdict:
    """What the trusted server says about whether the sender's domain sent it.

    headers: names in lower case, topmost first.  authserv_id: empty trusts nobody.
    DMARC decides where it was checked; else a DKIM or SPF pass of the sender's own domain is a
    pass, and a hard SPF fail without a DKIM pass is a fail.
    """
    if not authserv_id:
        return "none"
    results = [
        each for value in _trusted(headers, authserv_id.strip().lower()) for each in _results(value)
    ]
    dmarc = [result for method, result, _ in results if method == "dmarc"]
    if dmarc:
        return "pass" if "pass" in dmarc else "fail" if "fail" in dmarc else "none"
    aligned = any(
        result == "pass" and _aligned(method, rest, sender_domain)
        for method, result, rest in results
    )
    if aligned:
        return "pass"
    by_dkim = any(method == "dkim" and result == "pass" for method, result, _ in results)
    refused = any(method == "spf" and result == "fail" for method, result, _ in results)
    return "fail" if refused and not by_dkim else "none"


def _trusted(headers: Iterable[tuple[str, str]], authserv_id: str) -> list[str]:
    found: list[str] = []
    for name, value in headers:
        if name == "received" and found:
            break
        if name == "authentication-results":
            server, _, rest = value.partition(";")
            if _COMMENT.sub("", server).lower().split()[:1] == [authserv_id]:
                found.append(rest)
    return found


def _results(value: str) -> list[tuple[str, str, str]]:
    """Method, result and the rest of each clause, in lower case."""
    value = value[:20_000].lower()
    for _ in range(5):
        bare = _COMMENT.sub("", value)
        if bare == value:
            break
        value = bare
    clauses = [_RESULT.match(clause) for clause in value.split(";")]
    return [(found[1], found[2], found[3]) for found in clauses if found]


def _aligned(method: str, rest: str, sender_domain: str) -> bool:
    pattern = _DOMAIN_OF.get(method)
    domain = sender_domain.lower()
    for found in pattern.findall(rest) if pattern else ():
        signed = found.strip(".").lower()
        # Relaxed alignment: one is the other or lies below it.
        if (
            signed
            and "." in signed
            and (signed == domain or domain.endswith(f".{signed}") or signed.endswith(f".{domain}"))
        ):
            return True
    return False
