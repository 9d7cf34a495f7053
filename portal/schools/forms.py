"""Forms of class lists: the file with its period, and a day until which a class may still pay."""

from datetime import date
from pathlib import PurePosixPath, PureWindowsPath

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.onboarding.rosters.cells import day_in


class ListForm(FlaskForm):
    """Asks for a class list and the period of rows that name none."""

    roster = FileField(_l("Which workbook holds the class list?"))
    period = StringField(
        _l("Which period is it for, where the list doesn't say?"),
        validators=[Optional(), Length(max=20, message=_l("This is too long. Use fewer words."))],
        render_kw={"autocomplete": "off"},
    )

    def validate_roster(self, field: FileField) -> None:
        """Want a file with a name."""
        if not field.data or not field.data.filename:
            raise ValidationError(_("Choose the workbook with the class list."))

    @property
    def file_name(self) -> str:
        """Return the file's own name, without the folders that old browsers send."""
        return PurePosixPath(PureWindowsPath(self.roster.data.filename).name).name


class TimeForm(FlaskForm):
    """Asks until which day a class may still pay."""

    until = StringField(
        _l("Until which day may they still pay?"),
        validators=[InputRequired(_l("Type the day as day/month/year.")), Length(max=20)],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    today = date.min

    def validate_until(self, field: StringField) -> None:
        """Read the day; it has not passed."""
        try:
            self.day = day_in(" ".join((field.data or "").split()))
        except ValueError:
            raise ValidationError(_("There is no such day. Type it as day/month/year.")) from None
        if self.day < self.today:
            raise ValidationError(_("This day has passed."))
