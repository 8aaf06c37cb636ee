"""The one door for outgoing HTTP, against receivers that fail, hang, redirect, flood and lie."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.receiver import Receiver, listening
from ticketyard.core.clock import utc_now
from ticketyard.core.outgoing import (
    Outgoing,
    OutgoingFailed,
    OutgoingRefused,
    Patience,
    Resolve,
    system_resolver,
)

LOOPBACK = Outgoing(["127.0.0.1"])
QUICK = Patience(connect_seconds=0.3, first_byte_seconds=0.3, whole_seconds=0.5)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening(Receiver()) as found:
        yield found


def always(*addresses: str, asked: list[str] | None = None) -> Resolve:
    """A resolver that gives these."""

    async def resolve(host: str, port: int) -> list[str]:
        if asked is not None:
            asked.append(host)
        return list(addresses)

    return resolve


async def test_a_request_arrives_as_it_was_meant(receiver: Receiver) -> None:
    receiver.headers = {"X-Word": "a"}
    answer = await LOOPBACK.send(
        "POST", f"{receiver.url}?a=1&b=%20", headers={"X-Mine": "yes"}, content=b"{}"
    )
    assert (answer.status, answer.body, answer.is_whole) == (200, b"thank you", True)
    assert answer.headers["x-word"] == "a"
    (got,) = receiver.got
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=1&b=%20", b"{}")
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["x-mine"] == "yes"
    assert got.headers["accept-encoding"] == "identity"
    assert "cookie" not in got.headers


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]",
     "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.2", "0.0.0.0",
     "169.254.169.254", "LOCALHOST.", "１２７.0.0.1"],
)  # fmt: skip
async def test_our_own_house_is_not_spoken_to(receiver: Receiver, host: str) -> None:
    with pytest.raises(OutgoingRefused):
        await Outgoing().send("GET", f"http://{host}:{receiver.port}/")
    assert receiver.connections == 0


async def test_one_bad_address_of_a_name_is_enough(receiver: Receiver) -> None:
    for addresses in (("93.184.215.14", "127.0.0.1"), ("127.0.0.1", "2606:4700::1111")):
        outgoing = Outgoing(resolve=always(*addresses))
        with pytest.raises(OutgoingRefused):
            await outgoing.send("GET", f"http://hooks.example:{receiver.port}/")
    assert receiver.connections == 0


async def test_a_name_that_changes_its_mind_is_asked_once(receiver: Receiver) -> None:
    """DNS rebinding: a good address to whoever checks, ours to whoever connects."""
    answers = [["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]]
    asked = []

    async def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    outgoing = Outgoing(["127.0.0.1"], resolve=changing)
    url = f"http://hooks.example:{receiver.port}/"
    assert (await outgoing.send("GET", url)).is_success
    assert asked == ["hooks.example"]
    # And the next request is checked anew.
    with pytest.raises(OutgoingRefused):
        await outgoing.send("GET", url)
    assert receiver.connections == 1


async def test_what_the_operator_allows_is_spoken_to(receiver: Receiver) -> None:
    url = f"http://Hooks.Intern:{receiver.port}/"
    for allowed in ("hooks.intern", "127.0.0.0/8"):
        outgoing = Outgoing([allowed], resolve=always("127.0.0.1"))
        assert (await outgoing.send("GET", url)).is_success
    with pytest.raises(OutgoingRefused):
        await Outgoing(["intern", "10.0.0.0/8"], resolve=always("127.0.0.1")).send("GET", url)


async def test_an_address_in_other_clothes_counts_as_what_it_is() -> None:
    LOOPBACK.check("http://[::ffff:127.0.0.1]/")
    with pytest.raises(OutgoingRefused):
        LOOPBACK.check("http://[::ffff:127.0.0.2]/")


async def test_the_next_address_is_tried(receiver: Receiver) -> None:
    outgoing = Outgoing(["127.0.0.0/8"], resolve=always("127.0.0.9", "127.0.0.1"))
    assert (await outgoing.send("GET", f"http://two.example:{receiver.port}/")).is_success


async def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    async with listening(Receiver(host="127.0.0.2")) as inside:
        receiver.status, receiver.headers = 302, {"Location": inside.url}
        answer = await LOOPBACK.send("GET", receiver.url)
        assert (answer.status, answer.is_success) == (302, False)
        assert inside.connections == 0


async def test_proxies_of_the_environment_are_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(Receiver()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await LOOPBACK.send("GET", receiver.url)).is_success
        assert proxy.connections == 0


@pytest.mark.parametrize("does", ["hang", "hang_in_head"])
async def test_who_hangs_is_left(receiver: Receiver, does: str) -> None:
    receiver.does = does
    began = time.monotonic()
    with pytest.raises(OutgoingFailed, match="Time-out"):
        await LOOPBACK.send("POST", receiver.url, content=b"{}", patience=QUICK)
    assert time.monotonic() - began < 1


async def test_who_drips_is_left() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(50):
            writer.write(b"x")
            await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    began = time.monotonic()
    with pytest.raises(OutgoingFailed, match="Time-out"):
        await LOOPBACK.send("GET", url, patience=QUICK)
    assert time.monotonic() - began < 1
    server.close()


async def test_a_name_server_that_hangs_is_left() -> None:
    async def slow(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(OutgoingFailed, match="Time-out"):
        await Outgoing(resolve=slow).send("GET", "http://slow.example/", patience=QUICK)


async def test_of_a_flood_a_cup_is_taken(receiver: Receiver) -> None:
    receiver.does = "endless"
    answer = await LOOPBACK.send("GET", receiver.url, answer_max_bytes=1000)
    assert (answer.status, answer.body, answer.is_whole) == (200, b"x" * 1000, False)
    # What lies in the buffers between may be sent, and not a hundred megabytes.
    assert receiver.sent_bytes < 20_000_000
    with pytest.raises(ValueError, match="longer"):
        answer.json()


@pytest.mark.parametrize("does", ["break_off", "garbage", "slam"])
async def test_what_is_no_answer_is_a_failure(receiver: Receiver, does: str) -> None:
    receiver.does = does
    with pytest.raises(OutgoingFailed) as told:
        await LOOPBACK.send("POST", receiver.url, content=b"{}", patience=QUICK)
    assert "SSH" not in str(told.value)


async def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(OutgoingFailed, match="refuses"):
        await LOOPBACK.send("GET", "http://127.0.0.1:1/")
    with pytest.raises(OutgoingFailed):
        await Outgoing(resolve=always()).send("GET", "http://empty.example/")
    with pytest.raises(OutgoingFailed, match="name"):
        await LOOPBACK.send("GET", "http://no-such-host.invalid/")


@pytest.mark.parametrize(
    "url",
    ["", "hook", "ftp://a.example/", "file:///etc/passwd", "http://", "http:///x", "https://:443/",
     "http://user:word@a.example/", "http://a.example:0/", "http://a.example:99999/",
     "http://a.example/\r\nX: y", "http://a.exam\tple/", "http://a.example\\@127.0.0.1/",
     "http://a b.example/", "http://a.example/" + "x" * 2000, "http://[::1", "http://a%00b/",
     "gopher://127.0.0.1/", "//a.example/", "http://a..example/"],
)  # fmt: skip
async def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        await LOOPBACK.send("GET", url)
    with pytest.raises(OutgoingRefused):
        LOOPBACK.check(url)


async def test_headers_cannot_be_smuggled(receiver: Receiver) -> None:
    with pytest.raises(OutgoingFailed):
        await LOOPBACK.send("GET", receiver.url, headers={"X-A": "b\r\nX-Evil: yes"})
    with pytest.raises(OutgoingFailed):
        await LOOPBACK.send("GET", receiver.url, headers={"X-A: b\r\nX-Evil": "yes"})
    assert not receiver.got


@pytest.mark.parametrize(
    "name", ["Host", "host", "Content-Length", "transfer-encoding", "CONNECTION"]
)
async def test_where_it_goes_and_where_it_ends_is_ours_to_say(
    receiver: Receiver, name: str
) -> None:
    with pytest.raises(OutgoingRefused):
        await LOOPBACK.send("POST", receiver.url, headers={name: "5"}, content=b"hello")
    assert not receiver.got


async def test_a_user_agent_of_ones_own_stands_alone(receiver: Receiver) -> None:
    await LOOPBACK.send("GET", receiver.url, headers={"user-agent": "Mine"})
    assert receiver.got[0].headers["user-agent"] == "Mine"


async def test_a_name_in_any_letters_is_asked_in_ascii(receiver: Receiver) -> None:
    asked: list[str] = []
    outgoing = Outgoing(["127.0.0.1"], resolve=always("127.0.0.1", asked=asked))
    await outgoing.send("GET", f"http://крючок.example:{receiver.port}/путь?да=1")
    assert asked == ["xn--j1aalh9a3b.example"]
    assert receiver.got[0].path.isascii()


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of this name shows, and what a client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


async def test_tls_speaks_of_the_name_though_the_address_was_checked(tmp_path: Path) -> None:
    serving, trusting = _certificate(tmp_path, "hooks.example")
    names: list[str | None] = []
    serving.sni_callback = lambda _, name, __: names.append(name)
    async with listening(Receiver(), serving) as receiver:
        outgoing = Outgoing(["127.0.0.1"], resolve=always("127.0.0.1"), tls=trusting)
        answer = await outgoing.send("GET", f"https://hooks.example:{receiver.port}/")
        assert answer.is_success
        assert names == ["hooks.example"]
        assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"
        with pytest.raises(OutgoingFailed, match="certificate"):
            await outgoing.send("GET", f"https://other.example:{receiver.port}/")
        untrusting = Outgoing(["127.0.0.1"], resolve=always("127.0.0.1"))
        with pytest.raises(OutgoingFailed, match="certificate"):
            await untrusting.send("GET", f"https://hooks.example:{receiver.port}/")
        assert len(receiver.got) == 1


async def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in await system_resolver("127.0.0.1", 80)
