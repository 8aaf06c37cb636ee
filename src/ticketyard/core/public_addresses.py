"""Pure: which addresses belong to the public Internet, and which to somebody's own house.

Source: IANA's registries of special-purpose addresses (RFC 6890 and what amended it).
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(words: str) -> tuple[Network, ...]:
    return tuple(ip_network(word) for word in words.split())


_NOT_PUBLIC_4 = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
    " 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24"
    " 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3"
    # A public number at which Azure's machines reach their own host.
    " 168.63.129.16/32"
)
# Only 2000::/3 was ever given out; of it these are none.
_GIVEN_OUT_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = _networks("2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")
# RFC 5214 6.1: what the second half of an ISATAP address begins with.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def read_address(words: str) -> Address:
    """An address as a resolver gives it; the name of a link (`%eth0`) is left off. Raises ValueError."""
    return ip_address(words.partition("%")[0])


def is_public(address: Address) -> bool:
    """Whether it lies in the public Internet. An IPv4 address in IPv6 clothes counts as what it is."""
    inner = carried(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, IPv4Address):
        return not is_within(address, _NOT_PUBLIC_4)
    if address not in _GIVEN_OUT_6 or is_within(address, _NOT_PUBLIC_6):
        return False
    tunnelled = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    return not tunnelled or is_public(IPv4Address(int(address) & 0xFFFFFFFF))


def carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, where it does: mapped, NAT64, 6to4."""
    if isinstance(address, IPv4Address):
        return None
    bits = int(address)
    if address in _6TO4:
        return IPv4Address(bits >> 80 & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(bits & 0xFFFFFFFF)
    return None


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of the networks holds it; never where one is of the other family."""
    return any(address.version == each.version and address in each for each in networks)


def read_allowed(words: Iterable[str]) -> tuple[list[Network], frozenset[str]]:
    """Networks (an address is a small one) and names. Raises ValueError for a network that is none."""
    networks, names = [], []
    for word in words:
        try:
            networks.append(ip_network(word))
        except ValueError:
            if "/" in word or not word.strip("0123456789.:[]"):
                raise
            names.append(word.lower())
    return networks, frozenset(names)
