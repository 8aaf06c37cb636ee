"""Pure: the ranking that comes with the program, learned on public questions."""

from ticketyard.ai.ranking import Ranker
from ticketyard.knowledge.retrieving.features import FEATURES

# How much likeness in meaning weighs beside words where candidates are gathered, and where ranking is off.
MEANING_SHARE = 0.6

SHIPPED = Ranker(
    features=FEATURES,
    weights=(6.0, 6.0, 1.5, 1.0, 1.0, 1.0, 0.4, 0.5, 0.0, 0.5, 0.2, 1.0),
    bias=-5.0,
)

# While there are no vectors: the features of meaning say nothing then.
WORDS_ALONE = Ranker(
    features=FEATURES,
    weights=(0.0, 0.0, 1.5, 1.0, 3.0, 0.0, 0.4, 0.5, 0.0, 0.5, 0.2, 1.0),
    bias=-3.5,
)
