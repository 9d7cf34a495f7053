"""What a hospital asks for, in words that say nothing of an illness: they stand on slips that anybody may forward."""

from flask_babel import lazy_gettext as _l

ADVANCE = "advance"
# What a request says, in Vietnamese: it goes to payers, whatever language the desk reads.
ITEMS = {
    "care": "Viện phí",
    "bed": "Tiền giường",
    "medicine": "Thuốc và vật tư",
    "tests": "Xét nghiệm",
    "other": "Khoản khác",
}
ADVANCE_ITEM = "Tạm ứng viện phí"
CHOICES = {
    "care": _l("Hospital fees"),
    "bed": _l("Bed"),
    "medicine": _l("Medicine and supplies"),
    "tests": _l("Tests"),
    "other": _l("Something else"),
}
