"""Following a log from outside, by HTTP alone."""

from traceability.errors.base import TraceabilityError


class OutsideProblem(TraceabilityError):
    """Base: following a log from outside came to an end."""

    code = "outside_problem"


class LogUnreachable(OutsideProblem):
    """The log does not answer, or with an error of its own."""

    code = "log_unreachable"


class LogMisbehaves(OutsideProblem):
    """What the log serves contradicts itself or what it served before."""

    code = "log_misbehaves"


class StateUnusable(OutsideProblem):
    """The file in which we remember the log is missing, damaged, in use, or of another log."""

    code = "state_unusable"
