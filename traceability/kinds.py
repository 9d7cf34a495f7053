"""The closed list of entry types, and the field in which each says when (pure)."""

ENTRY_KINDS = frozenset(
    {
        "batch_issued",
        "range_activated",
        "range_voided",
        "event_recorded",
        "certificate_recorded",
        "recall_opened",
        "recall_closed",
        "key_rotated",
    }
)
# A salted hash says nothing of its time; the others must.
TIME_FIELDS = {
    "batch_issued": "issued_at",
    "range_activated": "activated_at",
    "range_voided": "voided_at",
    "recall_opened": "opened_at",
    "recall_closed": "closed_at",
    "key_rotated": "rotated_at",
}
