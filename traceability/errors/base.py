"""The root of the library's errors, and the branches that more than one part of it has leaves on."""

from typing import ClassVar


class TraceabilityError(Exception):
    """Base of all errors of this library."""

    code: ClassVar[str] = "traceability"

    def __init__(self, **fields: str | int | float) -> None:
        self.fields = fields
        super().__init__(", ".join([self.code, *(f"{name}={value}" for name, value in fields.items())]))


class NotFound(TraceabilityError):
    """Base: well-formed, but there is no such thing here."""

    code = "not_found"


class KeyProblem(TraceabilityError):
    """Base: a key is missing or is the wrong one."""

    code = "key_problem"


class KeySettingInvalid(KeyProblem):
    """The setting is not of the form `1:hex,2:hex` with 32-byte keys."""

    code = "key_setting_invalid"
