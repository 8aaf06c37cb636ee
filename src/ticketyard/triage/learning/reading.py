"""Whether a stored version can be read here."""

import hashlib

from ticketyard.ai.classifying import ModelUnreadable, load_classifier
from ticketyard.ai.embedding import Embedder


def unreadable(stored: bytes, embedder: Embedder, sha256: bytes | None = None) -> str | None:
    """Why these bytes are no model that can answer here, after really reading them; None if they are."""
    if sha256 is not None and hashlib.sha256(stored).digest() != sha256:
        return "The stored model is damaged."
    try:
        load_classifier(stored).check(embedder)
    except ModelUnreadable as problem:
        return str(problem)
    return None
