"""Which addresses are of the public Internet."""

import pytest

from ticketyard.core.public_addresses import is_public, read_address, read_allowed


@pytest.mark.parametrize(
    "words",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
        "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "::7f00:1", "::8.8.8.8", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1",
        "fd00:ec2::254", "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "5f00::1", "100::1",
        # IPv4 in other clothes: mapped, NAT64 (and its local kind), 6to4, Teredo, ISATAP.
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::1", "2002:a9fe:a9fe::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2a00::5efe:10.0.0.1", "2a00::200:5efe:127.0.0.1",
        "fe80::5efe:8.8.8.8",
    ],
)  # fmt: skip
def test_nobody_is_reached_in_a_house(words: str) -> None:
    assert not is_public(read_address(words))


@pytest.mark.parametrize(
    "words",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
     "192.167.255.255", "169.253.1.1", "223.255.255.255", "168.63.129.17",
     "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
     "2a00::5efe:8.8.8.8"],
)  # fmt: skip
def test_the_public_internet_is_reached(words: str) -> None:
    assert is_public(read_address(words))


def test_what_an_operator_allows_is_networks_and_names() -> None:
    networks, names = read_allowed(["10.0.0.0/8", "fd00::/8", "127.0.0.1", "Hooks.Intern"])
    assert [str(each) for each in networks] == ["10.0.0.0/8", "fd00::/8", "127.0.0.1/32"]
    assert names == {"hooks.intern"}


@pytest.mark.parametrize("word", ["10.0.0.1/8", "300.1.1.1", "10.0.0.0/99", "name/8", "[::1]"])
def test_a_mistyped_network_is_an_error_and_no_name(word: str) -> None:
    with pytest.raises(ValueError, match=r"address|octet|prefix|netmask|bits|IPv|network"):
        read_allowed([word])
