"""One JSON line an event: UTC time, static event name, request id, and only fields of the allow-list."""

import logging
import sys
from typing import Any

import structlog
from flask import g, has_app_context
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        *("event", "level", "timestamp", "request_id", "route", "method", "status", "ms", "error", "code", "exception"),
        *("act", "object_kind", "role", "step", "count", "attempts", "outcome", "channel", "gateway", "provider"),
        *("alarm", "process", "queue", "age_s", "kind", "batch", "size", "state", "reason", "seconds", "engine"),
    }
)


def _request_id(_logger: WrappedLogger, _name: str, entry: EventDict) -> EventDict:
    """Name the request that a line belongs to, if it is one of a request."""
    if has_app_context() and "request_id" in g:
        entry["request_id"] = g.request_id
    return entry


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
            name = trace.tb_frame.f_code.co_filename  # a generated function's has no folder
            if "/site-packages/" not in name and "/" in name:  # between our lines and the fault lie a library's dozens
                frames.append(f"{'/'.join(name.rsplit('/', 2)[-2:])}:{trace.tb_lineno}")
            trace = trace.tb_next
        entry["exception"] = f"{type(error).__name__} at {' < '.join(reversed(frames[-8:]))}"
    return entry


class _LibraryLines(logging.Handler):
    """Tells that a library logged something and where, never its words: they may hold what people typed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line of our own."""
        error = record.exc_info[1] if record.exc_info else None
        name = type(error).__name__ if error is not None else None
        structlog.get_logger().log(record.levelno, "library.logged", kind=record.name, error=name, exc_info=error)


def configure_logs() -> Any:
    """Install the processors; return the logger."""
    structlog.configure(
        processors=[
            _request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _safe_exception,
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),  # a line is one write: processes share the file
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _LibraryLines) for handler in root.handlers):
        root.addHandler(_LibraryLines(level=logging.WARNING))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return structlog.get_logger()
