"""The signature, against the specification's own words and not our code."""

import base64
import hashlib
import hmac

import pytest

from ticketyard.core.signing import new_secret, signature_headers


def test_the_example_of_the_specification_comes_out() -> None:
    """Source: the reference libraries' shared test values (secret, id, time, body, signature)."""
    found = signature_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_is_an_hmac_over_id_time_and_body() -> None:
    """Computed by the definition of HMAC (RFC 2104), from hashes alone."""
    secret = new_secret()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert 24 <= len(key) <= 64
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded) + b"msg_1.17.{}").digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded) + inner).digest()
    found = signature_headers([secret], message_id="msg_1", timestamp=17, body=b"{}")
    assert found == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "17",
        "webhook-signature": "v1," + base64.b64encode(outer).decode(),
    }


@pytest.mark.parametrize(
    ("message_id", "timestamp", "body"), [("msg_2", 17, b"{}"), ("msg_1", 18, b"{}"), ("msg_1", 17, b"{ }")]
)  # fmt: skip
def test_whatever_is_changed_changes_it(message_id: str, timestamp: int, body: bytes) -> None:
    secret = new_secret()
    before = signature_headers([secret], message_id="msg_1", timestamp=17, body=b"{}")
    after = signature_headers([secret], message_id=message_id, timestamp=timestamp, body=body)
    assert before["webhook-signature"] != after["webhook-signature"]


def test_while_a_secret_is_replaced_both_sign() -> None:
    new, old = new_secret(), new_secret()
    both = signature_headers([new, old], message_id="m", timestamp=1, body=b"")
    each = [
        signature_headers([one], message_id="m", timestamp=1, body=b"")["webhook-signature"]
        for one in (new, old)
    ]
    assert both["webhook-signature"].split(" ") == each
    assert hmac.compare_digest(new, new)
