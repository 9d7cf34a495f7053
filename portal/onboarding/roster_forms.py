"""Forms of lists: the file with what is known of it, the heading row, and what each column holds."""

from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.errors import error_line
from portal.onboarding.forms import CHOOSE, YES_NO
from portal.onboarding.rosters.cells import day_in
from portal.onboarding.rosters.fields import all_fields, missing_fields
from portal.onboarding.rosters.headers import Preview
from portal.onboarding.rosters.uploads import Sent
from portal.onboarding.validators import plain

SAMPLES = 3
_COLUMN = "column_"


class UploadForm(FlaskForm):
    """Asks for a list: the file, whose it is, and the day on which its communes were valid."""

    roster = FileField(_l("Which file holds the list?"))
    source = StringField(
        _l("Whose list is it?"),
        validators=[
            InputRequired(_l("Write whose list it is.")),
            Length(max=40, message=_l("This is too long. Use fewer words.")),
        ],
        render_kw={"autocomplete": "off"},
    )
    on = StringField(
        _l("On which day was the list made?"),
        validators=[InputRequired(_l("Type the day as day/month/year.")), Length(max=20)],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    today = date.max

    def validate_roster(self, field: FileField) -> None:
        """Want a file with a name."""
        if not field.data or not field.data.filename:
            raise ValidationError(error_line("file.missing"))

    def validate_source(self, field: StringField) -> None:
        """Hold that something is left of the name."""
        if not plain(field.data or ""):
            raise ValidationError(str(_l("Write whose list it is.")))

    def validate_on(self, field: StringField) -> None:
        """Read the day; a list is of no day to come."""
        try:
            self.captured_on = day_in(plain(field.data or ""))
        except ValueError:
            raise ValidationError(error_line("file.day")) from None
        if self.captured_on > self.today:
            raise ValidationError(error_line("file.day_to_come"))

    def sent(self) -> Sent:
        """Return what was told of the list; of the file's name the last part, whatever system it came from."""
        name = PurePosixPath(PureWindowsPath(self.roster.data.filename).name).name
        return Sent(source=plain(self.source.data or ""), file_name=plain(name)[:200], captured_on=self.captured_on)


class ColumnsForm(FlaskForm):
    """Asks what each column of a list holds, and where there are old letters, whether to convert them."""

    row = HiddenField()
    convert = RadioField(_l("Convert these letters?"), choices=YES_NO, validators=[InputRequired(CHOOSE)])

    @classmethod
    def asking(cls, preview: Preview) -> type["ColumnsForm"]:
        """Return the form with one question a column, answered as far as the headings say it."""
        known = {column: code for code, column in preview.headings.mapping.items()}
        offered = [SelectChoice("", _l("Leave out")), *(SelectChoice(one.code, one.label) for one in all_fields())]
        asked: dict[str, Field] = {
            f"{_COLUMN}{column}": SelectField(text, choices=offered, default=known.get(column, ""))
            for column, text in enumerate(preview.headings.texts)
        }
        if not preview.legacy:
            asked["convert"] = None
        return type("AskedColumnsForm", (cls,), asked)

    def columns(self) -> list[tuple[int, Any]]:
        """Return each column with its question."""
        return [(int(field.name.removeprefix(_COLUMN)), field) for field in self if field.name.startswith(_COLUMN)]

    def mapping(self) -> Mapping[str, int]:
        """Return field → column as it was chosen."""
        return {field.data: column for column, field in self.columns() if field.data}

    def complete(self) -> bool:
        """Say at its question which field was chosen twice or not at all."""
        seen: set[str] = set()
        for _column, field in self.columns():
            if field.data in seen:
                field.errors = [error_line("roster.column_twice")]
            seen |= {field.data} - {""}
        missing = set(missing_fields(self.mapping()))
        if missing:
            named = ", ".join(str(one.label) for one in all_fields() if one.code in missing)
            self.columns()[0][1].errors = [error_line("roster.column_missing", missing=named)]
        return not any(field.errors for _column, field in self.columns())
