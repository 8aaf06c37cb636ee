"""The account of how an answer came about, stage by stage (contracts 4.5)."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

StageName = Literal[
    "persist_user_message",
    "smalltalk_router",
    "rewrite",
    "multi_question_router",
    "retrieve",
    "rerank",
    "fallback_no_docs",
    "build_context",
    "llm_answer",
    "validate_citations",
    "persist_assistant_message",
    "update_summary",
    "classify_response",
]


@dataclass
class Stage:
    """One stage. skipped: there was nothing for it to do. ts_ms: when it began, since 1970."""

    stage: StageName
    input: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    duration_ms: float = 0.0
    skipped: bool = False
    ts_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)


@contextmanager
def timed(name: StageName, **told: Any) -> Iterator[Stage]:
    """A stage that lasts as long as the block."""
    stage = Stage(name, told)
    began = time.perf_counter()
    yield stage
    stage.duration_ms = round((time.perf_counter() - began) * 1000, 1)


def skipped(name: StageName) -> Stage:
    """A stage with nothing to do."""
    return Stage(name, skipped=True)
