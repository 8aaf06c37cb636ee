"""Three opinions become one probability."""

import numpy as np

from ticketyard.ai.blending import USUAL, Views


def test_a_sharper_blend_answers_the_same_more_firmly() -> None:
    generator = np.random.default_rng(0)
    views = Views(*(generator.normal(0, 0.3, (50, 4)).astype(np.float32) for _ in Views._fields))
    usual, firm = USUAL.chances(views), USUAL.sharper(1.5).chances(views)
    assert (usual.argmax(axis=1) == firm.argmax(axis=1)).all()
    assert (firm.max(axis=1) > usual.max(axis=1)).all()
