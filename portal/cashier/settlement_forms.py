"""Forms of the accountant: a gateway's file, a bank's statement, why two differ, a correction between two accounts."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from payments import bank_name
from payments.models import Payee
from payments.settlement.columns import column_maps
from payments.settlement.totals import Totals
from portal.cashier.settlement_words import gateway_name
from portal.errors import error_line
from portal.pay.typed import AmountUnreadable, read_amount

_REASON = _l("Write the reason, in at most 200 letters.")
_WHOLE = Regexp(r"\s*|\s*-?[0-9]{1,15}\s*", message=_l("Write a whole number without dots."))
_PLAIN = {"autocomplete": "off"}


class FileForm(FlaskForm):
    """Asks for a gateway's file of a day, and for what its covering letter says where the file has no totals."""

    provider = SelectField(
        _l("Whose file is it?"), choices=[SelectChoice(name, gateway_name(name)) for name in sorted(column_maps())]
    )
    file = FileField(_l("The file, CSV or XLSX"))
    rows = StringField(_l("Rows, from the covering letter"), [_WHOLE], render_kw={**_PLAIN, "inputmode": "numeric"})
    net = StringField(_l("Net sum, from the covering letter"), [_WHOLE], render_kw={**_PLAIN, "inputmode": "numeric"})
    waiver = StringField(_l("Or why there is no letter"), [Length(max=200, message=_REASON)], render_kw=_PLAIN)

    def validate_file(self, field: FileField) -> None:
        """Want a file with a name."""
        if not field.data or not field.data.filename:
            raise ValidationError(error_line("file.missing"))

    def validate_net(self, field: StringField) -> None:
        """Want both figures of the letter or neither."""
        if bool((field.data or "").strip()) != bool((self.rows.data or "").strip()):
            raise ValidationError(_l("Enter both figures of the letter, or neither."))

    @property
    def given(self) -> Totals | None:
        """Return what the covering letter says."""
        if not (self.rows.data or "").strip():
            return None
        return Totals(rows=int(self.rows.data), net=int(self.net.data))


class StatementForm(FlaskForm):
    """Asks for a bank's statement and of which account it is."""

    account = SelectField(_l("Of which account is it?"))
    statement = FileField(_l("The statement, CSV or XLSX"))

    def offer(self, payees: Sequence[Payee]) -> None:
        """Let somebody choose among these payees' accounts."""
        self.account.choices = [
            SelectChoice(one.id, f"{one.name} · {bank_name(one.bin) or one.bin} …{one.account[-4:]}") for one in payees
        ]

    def validate_statement(self, field: FileField) -> None:
        """Want a file with a name."""
        if not field.data or not field.data.filename:
            raise ValidationError(error_line("file.missing"))


class ExplainForm(FlaskForm):
    """Asks why a difference moves no money."""

    note = StringField(
        _l("Why is it settled?"), [InputRequired(_REASON), Length(max=200, message=_REASON)], render_kw=_PLAIN
    )


class CorrectionForm(FlaskForm):
    """Asks for a movement between two accounts of one payee."""

    debit = SelectField(_l("Debit"), [InputRequired(_l("Choose an account."))])
    credit = SelectField(_l("Credit"), [InputRequired(_l("Choose an account."))])
    amount = StringField(_l("Amount in đồng"), [InputRequired(_l("Enter the amount."))], render_kw=_PLAIN)
    reason = StringField(
        _l("Why, and by which paper?"), [InputRequired(_REASON), Length(max=200, message=_REASON)], render_kw=_PLAIN
    )
    amount_minor: int = 0

    def validate_amount(self, field: StringField) -> None:
        """Read the amount, or say how to write it."""
        try:
            self.amount_minor = read_amount(field.data or "")
        except AmountUnreadable as error:
            raise ValidationError(_l("Write the amount like 450000, 450.000 or 450k.")) from error
