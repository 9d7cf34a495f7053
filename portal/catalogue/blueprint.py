"""The blueprint on which the pages of this subject hang, with the words that its templates need."""

from flask import Blueprint

from portal.catalogue.words import pack_words, stock_words, unit_price_words

blueprint = Blueprint("catalogue", __name__)
for _filter in (pack_words, stock_words, unit_price_words):
    blueprint.add_app_template_filter(_filter)
