"""The forms of the public: a receipt's number and word, and the sum for a link."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from portal.i18n import money
from portal.pay.typed import AmountUnreadable, read_amount


class ReceiptCheckForm(FlaskForm):
    """Asks for what stands on a receipt; it only reads, so it is sent by GET and needs no token."""

    class Meta:
        """Go without a token."""

        csrf = False

    number = StringField(
        _l("Receipt number"),
        [InputRequired(_l("Enter the number that stands on the receipt.")), Length(max=40)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    word = StringField(
        _l("Check word"),
        [InputRequired(_l("Enter the six letters beside the number.")), Length(max=20)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class LinkForm(FlaskForm):
    """Asks for a sum where the payer chooses it; the guard of the page stands for a token."""

    class Meta:
        """Go without a token."""

        csrf = False

    form_id = HiddenField(validators=[InputRequired(), Length(max=64)])
    amount = StringField(_l("How much do you want to pay?"), render_kw={"autocomplete": "off"})
    amount_minor: int | None = None

    def __init__(self, *args: Any, bounds: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Keep between which sums one may lie; None where the link has its own."""
        super().__init__(*args, **kwargs)
        self._bounds = bounds

    def validate_amount(self, field: StringField) -> None:
        """Read the sum, or say how to write it and between what."""
        if self._bounds is None:
            return
        try:
            self.amount_minor = read_amount(field.data or "")
        except AmountUnreadable as error:
            raise ValidationError(_("Write the amount like 450000, 450.000 or 450k.")) from error
        least, most = self._bounds["minimum"], self._bounds["maximum"]
        if not least <= self.amount_minor <= most:
            said = _("Enter a sum from %(least)s to %(most)s.", least=money(least), most=money(most))
            raise ValidationError(said)
