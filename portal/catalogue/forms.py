"""Forms of the three screens of a product: what it is, its pack and price, its picture."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.catalogue.actions import DESCRIPTION_LENGTH, NAME_LENGTH, Offer
from portal.catalogue.errors import GoodsRefused
from portal.catalogue.models import Category, Product, SaleUnit
from portal.catalogue.prices import Price, format_milli, parse_gtin, parse_milli, parse_price
from portal.errors import error_line
from portal.i18n import current_language, money

TOO_LONG = _l("This is too long. Use fewer words.")


def _read(reader: Callable[[], Any]) -> Any:
    """Return what a reader reads; a refusal becomes the field's own sentence."""
    try:
        return reader()
    except GoodsRefused as error:
        raise ValidationError(error_line(error.code, **error.fields)) from error


def local_name(row: Category | SaleUnit) -> str:
    """Return a row's name in the page's language."""
    return row.name_vi if current_language() == "vi" else row.name_en


class WhatForm(FlaskForm):
    """Asks what the product is; `client_id` is made with the page, so that sending it twice makes one product."""

    name = StringField(
        _l("What do you sell?"),
        validators=[InputRequired(_l("Enter the name of the product.")), Length(max=NAME_LENGTH, message=TOO_LONG)],
    )
    category = SelectField(_l("Which kind of goods is it?"), validate_choice=False)
    description = TextAreaField(
        _l("Tell the buyers more"), validators=[Length(max=DESCRIPTION_LENGTH, message=TOO_LONG)]
    )
    client_id = HiddenField(default=lambda: str(uuid.uuid4()))
    version = HiddenField()

    def offer(self, categories: Iterable[Category]) -> None:
        """Fill the list of kinds."""
        self.category.choices = [
            SelectChoice("", _("Choose")),
            *(SelectChoice(row.code, local_name(row)) for row in categories),
        ]

    def validate_category(self, field: SelectField) -> None:
        """Take only a kind from the list."""
        if not field.data or field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(error_line("product.category"))

    def made_once(self) -> str | None:
        """Return the id that the page was made with; a text that is none protects from nothing."""
        try:
            return str(uuid.UUID(self.client_id.data or ""))
        except ValueError:
            return None

    def fill(self, product: Product) -> None:
        """Show what the product is now."""
        self.name.data, self.category.data = product.name, product.category_code
        self.description.data, self.version.data = product.description, str(product.version)


class PriceForm(FlaskForm):
    """Asks how much one pack holds and costs. A price written short (60k) is shown once for a yes."""

    quantity = StringField(_l("How much is in one pack?"), default="1", render_kw={"inputmode": "decimal"})
    unit = SelectField(_l("In which unit?"), validate_choice=False)
    count = RadioField(
        _l("How many in one chục?"), choices=[SelectChoice(str(n)) for n in (10, 12, 14, 16)], validate_choice=False
    )
    content = StringField(_l("How many kilograms are in one box?"), render_kw={"inputmode": "decimal"})
    price = StringField(_l("What does one pack cost, in đồng?"), render_kw={"inputmode": "text", "autocomplete": "off"})
    sure = RadioField(_l("Is this price right?"), choices=[], validate_choice=False)
    stock = StringField(_l("How many packs do you have?"), render_kw={"inputmode": "decimal"})
    gtin = StringField(_l("Barcode number, if there is one"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    version = HiddenField()

    def offer(self, units: Iterable[SaleUnit]) -> None:
        """Fill the list of units."""
        self.units = {row.code: row for row in units}
        self.unit.choices = [SelectChoice(code, local_name(row)) for code, row in self.units.items()]
        self.parsed_price: Price | None = None

    def validate_quantity(self, field: StringField) -> None:
        """Read the amount."""
        self.quantity_milli = _read(lambda: parse_milli(field.data or "", code="amount.invalid"))

    def validate_unit(self, field: SelectField) -> None:
        """Take only a unit from the list."""
        if field.data not in self.units:
            raise ValidationError(error_line("unit.unknown"))

    def validate_count(self, field: RadioField) -> None:
        """Ask for the number in a chục: it differs from market to market."""
        if self.asks() == "count" and field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(error_line("unit.count_needed"))

    def validate_content(self, field: StringField) -> None:
        """Ask for the kilograms in a box."""
        if self.asks() == "content":
            _read(lambda: parse_milli(field.data or "", code="unit.content_needed"))

    def validate_price(self, field: StringField) -> None:
        """Read the price."""
        self.parsed_price = _read(lambda: parse_price(field.data or ""))

    def validate_sure(self, field: RadioField) -> None:
        """Show a price that was written short for a yes; the yes counts for this very amount."""
        price = self.parsed_price
        if price is None or not price.ask:
            return
        amount = str(price.amount_minor)
        field.choices = [
            SelectChoice(amount, _("Yes, %(price)s", price=money(price.amount_minor))),
            SelectChoice("no", _("No, I will write it again")),
        ]
        if field.data != amount:
            raise ValidationError(error_line("price.thousands", price=money(price.amount_minor)))

    def validate_stock(self, field: StringField) -> None:
        """Read the stock; empty means on request."""
        if (field.data or "").strip():
            _read(lambda: parse_milli(field.data or "", code="stock.invalid", zero=True))

    def validate_gtin(self, field: StringField) -> None:
        """Read the barcode number, if one was given."""
        if (field.data or "").strip():
            _read(lambda: parse_gtin(field.data or ""))

    def asks(self) -> str | None:
        """Return what the chosen unit leaves open: `count`, `content` or nothing."""
        unit = self.units.get(self.unit.data)
        return unit.asks if unit is not None else None

    def result(self) -> Offer:
        """Return the pack and price; only after the form was found valid."""
        assert self.parsed_price is not None  # noqa: S101
        content = None
        if self.asks() == "count":
            content = int(self.count.data) * 1000
        elif self.asks() == "content":
            content = parse_milli(self.content.data or "", code="unit.content_needed")
        stock = (self.stock.data or "").strip()
        gtin = (self.gtin.data or "").strip()
        return Offer(
            quantity_milli=self.quantity_milli,
            unit_code=self.unit.data,
            price_minor=self.parsed_price.amount_minor,
            content_milli=content,
            stock_milli=parse_milli(stock, code="stock.invalid", zero=True) if stock else None,
            gtin=parse_gtin(gtin) if gtin else None,
        )

    def fill(self, product: Product) -> None:
        """Show the pack and price as they are now."""
        self.version.data = str(product.version)
        if not product.variants:
            return
        variant = product.variants[0]
        self.quantity.data, self.unit.data = format_milli(variant.quantity_milli), variant.unit_code
        self.price.data, self.gtin.data = f"{variant.price_minor:,}".replace(",", "."), variant.gtin or ""
        self.stock.data = format_milli(variant.stock_milli) if variant.stock_milli is not None else ""
        if variant.content_milli is not None:
            self.count.data, self.content.data = str(variant.content_milli // 1000), format_milli(variant.content_milli)


class PhotoForm(FlaskForm):
    """Asks for a picture; adding it later is an answer too."""

    photo = FileField(_l("Show it in a picture"))
    later = SubmitField(_l("Add a picture later"))

    def validate_photo(self, field: FileField) -> None:
        """Want a file, unless it comes later."""
        if not self.later.data and not field.data:
            raise ValidationError(error_line("photo.missing"))
