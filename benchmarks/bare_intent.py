"""The least that an intent through the SDK can cost: a bare Flask route that answers as many bytes.

It stores nothing: what a call takes under this is the SDK's, HTTP's and the web server's, whatever we do. With a
database named it inserts the answer as one row and waits for the disk: what anybody takes who loses nothing.
"""

import json
import os
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert
from sqlalchemy.schema import CreateTable

from payments.models import Request
from payments.v1.shapes import Facts, intent
from portal.db import configure_engine

app = Flask(__name__)
STORED = Table("bench_intent", MetaData(), Column("id", Integer, primary_key=True), Column("body", Text))
db = SQLAlchemy()
if "BENCH_STORE" in os.environ:
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_STORE"]
    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine)  # the same flushing to disk
        with db.engine.begin() as connection:
            connection.execute(CreateTable(STORED, if_not_exists=True))  # two processes come here at once


def _answer() -> dict[str, Any]:
    asked = Request(
        id="pr_00000000000000000000000000", payee_id="pe_0", code="ZZ00000000", amount_minor=450_000, currency="VND",
        allocated_minor=0, over_minor=0, refunded_minor=0, status="open", exceptions="", item="Thanh toán",
        created_at=datetime(2026, 3, 22, tzinfo=UTC),
    )  # fmt: skip
    return intent(Facts(asked, None))


ANSWER = _answer()


@app.post("/v1/payment_intents")
@app.get("/v1/payment_intents/<_one>")
def same(_one: str = "") -> dict[str, Any]:
    """Answer an intent, stored as one row or not at all."""
    if "BENCH_STORE" in os.environ and request.method == "POST":
        connection = db.session.connection(execution_options={"write": True})
        connection.execute(insert(STORED), {"body": json.dumps(ANSWER)})
        db.session.commit()
    return ANSWER
