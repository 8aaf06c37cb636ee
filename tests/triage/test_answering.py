import threading
import time
from collections.abc import Sequence

import pytest

from tests.world import World
from ticketyard.ai.embedding import NoEmbedder, Vectors
from ticketyard.ai.sentiment import Sentiment
from ticketyard.triage.answering import UNREADABLE, answer_description, priority_by_feeling
from ticketyard.triage.engines import Engines


class Odd(NoEmbedder):
    """Embeds after a while, or not at all."""

    dimensions = 2

    def __init__(self, wait: threading.Event | None = None) -> None:
        self.wait = wait

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.wait is None:
            raise RuntimeError("the model's file is gone")
        self.wait.wait(20)
        return super().embed(texts)


async def test_an_engine_that_breaks_is_answered_by_the_fallback_of_the_spec(world: World) -> None:
    db = world.resources.db
    answer = await answer_description(db, world.company_id, "Printer on fire", Engines(Odd()))
    assert answer == UNREADABLE
    assert (answer.kind, answer.priority, answer.need_admin) == ("back", "low", True)


async def test_an_engine_that_hangs_is_waited_for_no_longer_than_promised(world: World) -> None:
    wait = threading.Event()
    began = time.monotonic()
    try:
        answer = await answer_description(
            world.resources.db, world.company_id, "Invoice", Engines(Odd(wait)), seconds=0.2
        )
        assert answer == UNREADABLE
        assert time.monotonic() - began < 5
    finally:
        wait.set()


@pytest.mark.parametrize(
    ("score", "priority"),
    [(-1, "high"), (-0.31, "high"), (-0.3, "medium"), (0, "medium"), (0.29, "medium"),
     (0.3, "low"), (1, "low")],
)  # fmt: skip
def test_priority_follows_the_feeling(score: float, priority: str) -> None:
    assert priority_by_feeling(Sentiment("neutral", score, 0.5, ())) == priority
