"""One JSON line an event: UTC time, static event name, request id, and only fields of the allow-list."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        *("event", "level", "timestamp", "request_id", "route", "method", "status", "ms", "error", "code", "exception"),
        *("act", "object_kind", "role", "step", "count", "attempts", "outcome", "channel", "gateway", "provider"),
        *("alarm", "process", "queue", "age_s", "kind", "batch", "size", "state", "reason", "seconds", "engine"),
    }
)


def only_allowed(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Drop every field that is not on the list: what is not named here cannot leak."""
    return {key: value for key, value in entry.items() if key in ALLOWED}


def _safe_exception(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Keep where an exception came from, never its message or its variables: both may hold personal data."""
    error = entry.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(
                f"{code.co_filename.rsplit('/', 2)[-2]}/{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
            )
            trace = trace.tb_next
        entry["exception"] = f"{type(error).__name__} at {' < '.join(reversed(frames[-8:]))}"
    return entry


def configure_logs() -> Any:
    """Install the processors; return the logger."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _safe_exception,
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return structlog.get_logger()
