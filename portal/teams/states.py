"""What may follow what in a session of acting for a household. Pure."""

from portal.onboarding.states import Table

OPEN = ("opened", "phone_confirmed", "consented")
ASSISTED: Table = {
    ("opened", "confirm_phone"): "phone_confirmed",
    ("phone_confirmed", "consent"): "consented",
    ("phone_confirmed", "change"): "done",
    ("consented", "finish"): "done",
    **{(state, "cancel"): "cancelled" for state in OPEN},
    **{(state, "time_out"): "timed_out" for state in OPEN},
}
