"""The blueprint on which the desk's pages hang."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__)
