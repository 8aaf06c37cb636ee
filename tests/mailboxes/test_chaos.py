"""Kill -9 and cut connections while mail arrives: nothing lost, nothing doubled, the books balance."""

import random
from pathlib import Path

import pytest

from tests.mailboxes.chaos import Chaos, Plan
from tests.mailboxes.dovecot import Dovecot

pytestmark = pytest.mark.slow


def test_a_thousand_mails_outlive_ten_kills(
    dovecot: Dovecot,
    user: str,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`make chaos` is the long one."""
    plan = Plan(random.SystemRandom().randrange(10_000), messages=1_000, kills=10, cuts=6)

    outcome = Chaos(plan, url=database_url, place=tmp_path, dovecot=dovecot, user=user).run()

    with capsys.disabled():
        print(f"\n{outcome}")
    assert outcome.kills >= 10
    assert outcome.went_well, str(outcome)
