"""Structured log lines with secrets struck out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_SECRET_NAME = re.compile(
    r"pass(word|wd)?$|secret|token|authorization|cookie|api[-_]?key|credential|dsn|database_url",
    re.I,
)
_SECRET_TEXT = (
    (re.compile(r"(\w+://[^\s:/@]+:)[^\s@]+(@)"), r"\1***\2"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"\bty_\d+_[\w-]+"), "ty_***"),
    (re.compile(r"(/login/link/)[^\s\"'?]+"), r"\1***"),
    (re.compile(r"(?i)((?:password|api_key|token|secret)\"?\s*[=:]\s*\"?)[^\s\",&]+"), r"\1***"),
)
STRUCK = "***"


def strike(value: Any) -> Any:
    """The same value with what looks like a secret replaced by asterisks, at any depth."""
    if isinstance(value, str):
        for pattern, replacement in _SECRET_TEXT:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {
            key: STRUCK if _SECRET_NAME.search(str(key)) else strike(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [strike(item) for item in value]
    return value


def _strike_line(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    struck: dict[str, Any] = strike(dict(line))
    return struck


def configure_logging(level: str, style: Literal["auto", "json", "text"], service: str) -> None:
    """Send every log line, ours and the libraries', through one renderer to standard error."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _strike_line,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    structlog.contextvars.bind_contextvars(service=service)
    for name in ("procrastinate", "alembic", "httpx2", "httpcore2", "uvicorn.error"):
        logging.getLogger(name).setLevel("WARNING")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; give the module's `__name__`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
