"""The blueprint on which the pages of this subject hang."""

from flask import Blueprint

blueprint = Blueprint("teams", __name__)
