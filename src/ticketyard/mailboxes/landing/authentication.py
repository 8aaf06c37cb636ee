"""Pure: what the receiving server found out about a sender (SPF, DKIM, DMARC).

Source: RFC 8601. Anybody can write an Authentication-Results header, so only those count that name
the server this mailbox trusts, and of those only the topmost group: whatever lies below the next
Received header was there before that server saw the message. Within the group the topmost word of a
method counts, for a server may add its own above what it should have taken out.

Such a header quotes what the sender said of itself. So what stands in quotes or comments is not
read, and among contradictory results of one method the worst counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "none", "unclear"]
# Of these, somebody else may have written in the name the mail bears.
DOUBTED = frozenset({"fail", "unclear"})

_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_RESULT = re.compile(r"\s*([a-z0-9_-]+)\s*=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
_DOMAIN_OF = {
    "dmarc": re.compile(r"header\.from\s*=\s*(?:[^\s;@]*@)?([^\s;@]+)"),
    "dkim": re.compile(r"header\.(?:d|i)\s*=\s*(?:[^\s;@]*@)?([^\s;@]+)"),
    "spf": re.compile(r"smtp\.mailfrom\s*=\s*(?:[^\s;@]*@)?([^\s;@]+)"),
}


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    word: str
    rest: str

    def is_of(self, domain: str) -> bool:
        """Whether all domains it names are this one, or lie below or above it (relaxed)."""
        found = _DOMAIN_OF[self.method].findall(self.rest) if self.method in _DOMAIN_OF else []
        return bool(found) and all(_aligned(each, domain) for each in found)


def sender_verdict(
    headers: Iterable[tuple[str, str]], *, authserv_id: str, sender_domain: str
) -> Verdict:
    """What the trusted server says about whether the sender's domain sent it.

    headers: names in lower case, topmost first.  authserv_id: empty trusts nobody.
    DMARC decides where it was checked, and of another domain it is a fail: the server then took
    somebody else for the sender. Else a DKIM or SPF pass of the sender's own domain is a pass, and
    a hard SPF fail without a DKIM pass is a fail.
    """
    if not authserv_id:
        return "none"
    results = _topmost(_trusted(headers, authserv_id.strip().lower()))
    if dmarc := [each for each in results if each.method == "dmarc"]:
        return _by_dmarc(dmarc, sender_domain)
    if any(each.word == "pass" and each.is_of(sender_domain) for each in results):
        return "pass"
    by_dkim = any(each.method == "dkim" and each.word == "pass" for each in results)
    refused = any(each.method == "spf" and each.word == "fail" for each in results)
    return "fail" if refused and not by_dkim else "none"


def _by_dmarc(results: list[_Result], sender_domain: str) -> Verdict:
    words = {each.word for each in results}
    of_others = any(
        "header.from" in each.rest and not each.is_of(sender_domain) for each in results
    )
    if "fail" in words or ("pass" in words and of_others):
        return "fail"
    return "pass" if words == {"pass"} else "none"


def _topmost(values: Iterable[str]) -> list[_Result]:
    """Of each method the results of the first header that has any."""
    found: list[_Result] = []
    for value in values:
        known = {each.method for each in found}
        found += [each for each in _results(value) if each.method not in known]
    return found


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


def _results(value: str) -> list[_Result]:
    """Method, result and the rest of each clause, in lower case. A lone quote could hide what
    follows it, so a failure counts even where it seems to be quoted."""
    value = value[:20_000].lower()
    unquoted = _clauses(_QUOTED.sub(" ", value))
    hidden = [each for each in _clauses(value) if each.word == "fail" and each not in unquoted]
    return [*unquoted, *hidden]


def _clauses(value: str) -> list[_Result]:
    """The clauses outside of comments; where one does not end, nothing more is read."""
    for _ in range(5):
        bare = _COMMENT.sub(" ", value)
        if bare == value:
            break
        value = bare
    clauses = (
        _RESULT.match(clause) for clause in re.split(r"[()]", value, maxsplit=1)[0].split(";")
    )
    return [_Result(found[1], found[2], found[3]) for found in clauses if found]


def _aligned(found: str, sender_domain: str) -> bool:
    one, other = found.strip(".").lower(), sender_domain.strip(".").lower()
    if "." not in one or "." not in other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
