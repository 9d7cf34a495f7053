"""The peer of the notices: a bare Flask route that inserts one row and commits, over the same database.

Flask-SQLAlchemy's session and `jsonify`, as in its own quick start: no guard, no header, no log, no check.
"""

import os

from flask import Flask, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal.db import configure_engine


class Base(DeclarativeBase):
    """The peer's own table class."""


db = SQLAlchemy(model_class=Base)


class Heard(db.Model):  # type: ignore[name-defined, misc]
    """One thing heard."""

    __tablename__ = "bench_heard"

    id: Mapped[int] = mapped_column(primary_key=True)
    said: Mapped[str]


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite://")
db.init_app(app)
with app.app_context():
    configure_engine(db.engine)  # the same waiting and the same flushing to disk


@app.get("/n")
def heard() -> object:
    """Insert one row."""
    db.session.connection(execution_options={"write": True})
    db.session.add(Heard(said=request.query_string.decode()))
    db.session.commit()
    return jsonify(RspCode="00")
