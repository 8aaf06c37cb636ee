"""Whose words a message holds that somebody only passed on."""

import pytest

from ticketyard.mail.content.forwards import find_forwarded_sender
from ticketyard.mail.reading import read_mail

RITA = "rita@customer.example"


@pytest.mark.parametrize(
    ("subject", "text", "sender"),
    [
        (
            "Fwd: x",
            f"---------- Forwarded message ---------\nFrom: Rita <{RITA}>\nSubject: x\n\nHi",
            RITA,
        ),
        (
            "Fwd: x",
            f"Please look.\n\nBegin forwarded message:\n\nFrom: Rita <{RITA}>\nSubject: x\n",
            RITA,
        ),
        ("WG: x", f"-----Urspr\u00fcngliche Nachricht-----\nVon: Rita [mailto:{RITA}]\n\nHi", RITA),
        ("TR: x", f"De : Rita <{RITA}>\nEnvoy\u00e9 : lundi\n\nBonjour", RITA),
        ("Отв: x", f"-------- Пересылаемое сообщение --------\nОт: Рита <{RITA}>\n", RITA),
        ("x", f"---------- Forwarded message ---------\nFrom: {RITA}\n\nHi", RITA),
        ("Re: x", f"Done.\n\n-----Original Message-----\nFrom: Rita <{RITA}>\n\nHi", ""),
        ("Re: x", f"Done.\n\nFrom: Rita <{RITA}>\nSent: Monday\n\nHi", ""),
        ("Fwd: x", "From: somebody without an address\n", ""),
        ("Fwd: x", "", ""),
    ],
)
def test_the_forwarded_sender(subject: str, text: str, sender: str) -> None:
    assert find_forwarded_sender(text, subject) == sender


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (f"From: Desk <desk@example.com>\nX-Original-From: Rita <{RITA}>\n", RITA),
        (f"From: Rita via List <list@example.com>\nReply-To: {RITA}\n", RITA),
        ("From: Rita via List <list@example.com>\nReply-To: list@example.com\n", ""),
        (f"From: Rita <other@example.com>\nReply-To: {RITA}\n", ""),
    ],
)
def test_a_list_hides_the_sender_behind_its_own_address(headers: str, sender: str) -> None:
    assert read_mail(f"{headers}Subject: x\n\nHi".encode()).original_sender == sender
