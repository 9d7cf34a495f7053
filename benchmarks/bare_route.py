"""The peer of the scan route: a bare Flask route that reads one row by its primary key, over the same database.

Flask-SQLAlchemy's session and `jsonify`, as in its own quick start: no guard, no header, no log, no write.
"""

import os

from flask import Flask, jsonify
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The peer's own table class."""


db = SQLAlchemy(model_class=Base)


class Goods(db.Model):  # type: ignore[name-defined, misc]
    """One product, as the portal stores it."""

    __tablename__ = "product"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str]


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite://")
db.init_app(app)


@app.get("/p/<key>")
def goods(key: str) -> object:
    """Read one row by its key."""
    row = db.session.get_one(Goods, key)
    return jsonify(id=row.id, name=row.name, state=row.state)
