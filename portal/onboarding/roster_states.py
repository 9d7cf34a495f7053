"""What may follow what in a roster's run. One table, pure."""

from portal.onboarding.states import Table

RUN_STATES = ("uploaded", "inspected", "mapped", "checked", "confirmed", "running", "done", "aborted")
ENDED = ("done", "aborted")
UNFINISHED = tuple(state for state in RUN_STATES if state not in ENDED)
FOR_A_PERSON = ("uploaded", "inspected", "checked")
FOR_THE_WORKER = ("mapped", "confirmed", "running")
RUN: Table = {
    ("uploaded", "inspect"): "inspected",
    ("inspected", "map"): "mapped",
    ("mapped", "map"): "mapped",
    ("mapped", "rehearse"): "mapped",
    ("checked", "map"): "mapped",
    ("mapped", "check"): "checked",
    ("checked", "confirm"): "confirmed",
    ("confirmed", "run"): "running",
    ("running", "run"): "running",
    ("running", "finish"): "done",
    **{(state, "abort"): "aborted" for state in UNFINISHED},
}
OUTCOMES = ("created", "changed", "unchanged", "duplicate", "rejected")
NOT_TAKEN = ("duplicate", "rejected")
