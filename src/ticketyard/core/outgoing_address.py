"""Pure: a URL taken apart for the one door to the outside, so that nothing in it can be misread."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

URL_MAX = 2000
_PORTS = {"http": 80, "https": 443}


class BadUrl(ValueError):
    """Nothing that can be spoken to; the text says why."""


@dataclass(frozen=True)
class Target:
    """Where a request goes. host: ASCII, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """As the `Host` header wants it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Target:
    """The parts of an http or https URL. Raises BadUrl."""
    if len(url) > URL_MAX or not url.isprintable() or "\\" in url or " " in url:
        raise BadUrl("This is no URL.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        raise BadUrl("This is no URL.") from None
    if parts.scheme not in _PORTS:
        raise BadUrl("A URL must begin with https:// or http://.")
    if not host or port == 0:
        raise BadUrl("This URL names no host.")
    if "@" in parts.netloc:
        raise BadUrl("A URL must not hold a user name or password.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _host(host: str) -> str:
    """The name in ASCII; a trailing dot is the same name. Raises ValueError."""
    host = host.rstrip(".")
    if ":" in host:
        return host
    ascii_host = host.encode("idna").decode() if host else ""
    if not all(letter.isalnum() or letter in "-._" for letter in ascii_host):
        raise ValueError(host)
    return ascii_host
