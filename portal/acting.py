"""Who does it, for whom: the one argument that every action takes and every audit row keeps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Name the person or process behind an act.

    `login_id` is None for a process; then `role` is `system` and `process` names it. `organisation_id` is the tenant
    whose rows the act may reach, `unit_id` the area of an officer's or member's grant, `for_subject` the household
    for which somebody else acts, `goods_of` the sellers of whose goods a partner's machine may tell.
    """

    login_id: str | None
    role: str
    organisation_id: str | None = None
    unit_id: str | None = None
    for_subject: str | None = None
    duties: frozenset[str] = frozenset()
    request_id: str | None = None
    process: str | None = None
    goods_of: frozenset[str] = frozenset()

    @classmethod
    def system(cls, process: str, *, request_id: str | None = None) -> "Acting":
        """Return the actor for a process of ours: worker, cli, hook, demo."""
        return cls(login_id=None, role="system", process=process, request_id=request_id)

    @property
    def actor(self) -> str:
        """Return what the audit row names: a login's id or `system:worker`."""
        return self.login_id or f"system:{self.process}"
