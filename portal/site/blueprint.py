"""The blueprint on which the pages of the whole site hang."""

from flask import Blueprint

blueprint = Blueprint("site", __name__)
