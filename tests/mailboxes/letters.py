"""Mails for the tests, each another one."""


def letter(
    number: int | str, *, size: int = 0, subject: str = "", sender: str = "", **headers: str
) -> bytes:
    """A small mail with its own Message-ID; `size` pads it."""
    lines = [
        f"From: Rita <{sender or f'rita{number}@customer.example'}>",
        "To: desk@desk.example",
        f"Subject: {subject or f'Printer {number} is on fire'}",
        f"Message-ID: <{number}@customer.example>",
        "Date: Fri, 20 Nov 2026 09:30:00 +0100",
        "Content-Type: text/plain; charset=utf-8",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        "",
        f"It burns for the {number}th time.",
    ]
    padding = "".join(f"\r\n{'x' * 76}" for _ in range(size // 78))
    return ("\r\n".join(lines) + padding + "\r\n").encode()
