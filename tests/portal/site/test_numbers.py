"""Numbers as each language writes them."""

from typing import Any

from flask_babel import force_locale

from portal.i18n import ratio


def test_a_ratio_has_its_language_s_comma(app: Any) -> None:
    with app.test_request_context():
        assert ratio("84.23") == "84,23"
        with force_locale("en"):
            assert ratio("61.87") == "61.87"
