import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.ai.chat.masking import mask, mask_and_keep, mask_start


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # People.
        ("write to rita.o'neil+x@mail.example.com please", "write to [E-MAIL 1] please"),
        ("почта: иван@почта.рф.", "почта: [E-MAIL 1]."),
        ("a@b.cd, c@d.ef and A@b.cd", "[E-MAIL 1], [E-MAIL 2] and [E-MAIL 1]"),
        ("call +7 (701) 123-45-67 now", "call [PHONE 1] now"),
        ("тел. 8 701 123 45 67, 8-727-250-00-11", "тел. [PHONE 1], [PHONE 2]"),
        ("+44 20 7946 0958", "[PHONE 1]"),
        ("0049 30 901820", "[PHONE 1]"),
        ("ИИН 900101300123", "ИИН [PERSONAL NUMBER 1]"),
        ("мой ИИН900101300123.", "мой ИИН[PERSONAL NUMBER 1]."),
        # Money.
        ("card 4111 1111 1111 1111 was charged", "card [CARD 1] was charged"),
        ("5555-5555-5555-4444", "[CARD 1]"),
        ("378282246310005", "[CARD 1]"),
        ("KZ86 125K ZT50 0410 0100", "[ACCOUNT 1]"),
        ("IBAN: gb82west12345698765432 ok", "IBAN: [ACCOUNT 1] ok"),
        # Secrets.
        ("my password is hunter2, thanks", "my password is [SECRET 1], thanks"),
        ("Password: 'open sesame'!", "Password: [SECRET 1]!"),
        ("пароль: Qwerty123!", "пароль: [SECRET 1]"),
        ("мой пароль Qwerty123! не подходит", "мой пароль [SECRET 1] не подходит"),
        ("пароль — «моя собака» и всё", "пароль — [SECRET 1] и всё"),
        ("api_key=abc PIN: 1234", "api_key=[SECRET 1] PIN: [SECRET 2]"),
        ("{\"token\": \"abc.def\"}", "{\"token\": [SECRET 1]}"),
        ("DB_PASSWORD=abc123", "DB_PASSWORD=[SECRET 1]"),
        ("export PGPASSWORD=s3cret", "export PGPASSWORD=[SECRET 1]"),
        ("my_password=x, dbPassword = y", "my_password=[SECRET 1], dbPassword = [SECRET 2]"),
        ("DB_PASS: a AWS_SECRET_ACCESS_KEY=b", "DB_PASS: [SECRET 1] AWS_SECRET_ACCESS_KEY=[SECRET 2]"),
        ("SECRET_KEY='a b'", "SECRET_KEY=[SECRET 1]"),
        ("password: [hunter2]", "password: [SECRET 1]"),
        ("new password: [abc]secret", "new password: [SECRET 1]"),
        ("password is [my dog] now", "password is [SECRET 1] now"),
        ("password [abc]d12 fails", "password [SECRET 1] fails"),
        ("password: [", "password: [SECRET 1]"),
        ("password: ghp_abcdefghijklmnopqrstuvwxyz012345", "password: [TOKEN 1]"),
        ("SSN 123-45-6789.", "SSN [PERSONAL NUMBER 1]."),
        ("compass: north, spin: 3", "compass: north, spin: 3"),
        ("cvv 123", "cvv 123"),
        ("cvv: 123", "cvv: [SECRET 1]"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [TOKEN 1]"),
        ("eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl x", "[TOKEN 1] x"),
        ("sk-proj-abcdefghijklmnop1234", "[TOKEN 1]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz012345", "[TOKEN 1]"),
        ("AKIAIOSFODNN7EXAMPLE here", "[TOKEN 1] here"),
        ("ty_1_abcdefghijkl", "[TOKEN 1]"),
        ("postgres://ana:s3cret@db.example/x", "postgres://[LOG-IN 1]@db.example/x"),
        ("d41d8cd98f00b204e9800998ecf8427e", "[TOKEN 1]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nhelp",
            "[KEY 1]\nhelp",
        ),
        ("-----BEGIN PRIVATE KEY-----\ncut off", "[KEY 1]"),
        # Machines.
        ("ping 10.0.0.12 and 192.168.1.255.", "ping [IP 1] and [IP 2]."),
        ("fe80::1ff:fe23:4567:890a", "[IP 1]"),
        ("2001:db8:85a3:0:0:8a2e:370:7334", "[IP 1]"),
        ("00:1B:44:11:3A:B7", "[MAC 1]"),
        # What a text is about stays.
        ("My password does not work any more", "My password does not work any more"),
        ("Не подходит пароль от почты", "Не подходит пароль от почты"),
        ("reset the token please", "reset the token please"),
        ("version 1.2.3.4567 of 2026-11-21 14:30:05", "version 1.2.3.4567 of 2026-11-21 14:30:05"),
        ("ticket TKT-20261121-004, order 12345", "ticket TKT-20261121-004, order 12345"),
        ("std::vector at 10:30", "std::vector at 10:30"),
        ("error 0x80070005 on 2 floors, 15 000 тенге", "error 0x80070005 on 2 floors, 15 000 тенге"),
        ("seit 21.11.2026 14:30", "seit 21.11.2026 14:30"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_personal_or_secret_does_not_leave(given: str, expected: str) -> None:
    assert mask(given) == expected


CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize("before", range(80, 101))
def test_nothing_is_cut_in_two_before_it_is_hidden(before: int) -> None:
    masked = mask_start("x " * (before // 2) + CARD + " y" * 2000, 100)
    assert len(masked) <= 100
    assert "411" not in masked
    assert "111" not in masked


@pytest.mark.parametrize("shift", range(24))
def test_what_hiding_makes_shorter_does_not_bring_a_cut_into_view(shift: int) -> None:
    text = "ana.long.name.of.somebody@desk.example " * 100 + "z" * shift + f" {CARD}" * 300
    masked = mask_start(text, 3000)
    assert masked.startswith("[E-MAIL 1] ")
    assert not re.search(r"\d{4}|\d \d", masked)


def test_a_short_text_is_masked_whole() -> None:
    assert mask_start(f"card {CARD}", 6000) == "card [CARD 1]"
    assert mask_start("abc", 2) == "ab"


@given(st.text(max_size=300))
def test_any_text_can_be_masked_and_is_then_left_alone(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@pytest.mark.parametrize(
    "text", ["1" * 200_000, "a@" * 50_000, "1 " * 100_000, ":" * 100_000, "a:" * 50_000,
             "eyJ" * 50_000, "пароль " * 20_000, "-----BEGIN PRIVATE KEY-----" * 3000,
             "PGPASSWORD" * 9000, "password: [" * 9000, "my_pass_" * 9000, "1-" * 50_000,
             "aB3" * 60_000, "f:" * 60_000, "KZ86" * 40_000, "1.1." * 40_000]
)  # fmt: skip
def test_no_text_makes_masking_slow(text: str) -> None:
    """Six thousand letters are what is asked about; a pattern that backtracks would need minutes."""
    began = time.perf_counter()
    mask(text[:20_000])
    assert time.perf_counter() - began < 1.0


def test_what_was_hidden_can_be_put_back() -> None:
    text = "Mail ana@desk.example or bo@desk.example, again ana@desk.example."
    masked, values = mask_and_keep(text)
    assert masked == "Mail [E-MAIL 1] or [E-MAIL 2], again [E-MAIL 1]."
    for name, value in values.items():
        masked = masked.replace(name, value)
    assert masked == text
