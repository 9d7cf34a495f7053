"""Rows that come with the product: consent texts and requirements. Loading them twice changes nothing."""

import csv
import tomllib
from datetime import date, datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.onboarding.models import SellerRequirement
from portal.people.models import ConsentText


def load_seeds(session: Session, *, now: datetime, acting: Acting) -> int:
    """Add the consent texts and requirements that are missing; return how many. What an officer changed stays."""
    added = _consent_texts(session) + _requirements(session)
    if added:
        record(session, now=now, acting=acting, act="onboarding.seeded", object_id=f"{added} rows")
    return added


def _file(name: str) -> str:
    return resources.files("portal.onboarding").joinpath(f"data/{name}").read_text("utf-8")


def _consent_texts(session: Session) -> int:
    known = {(row.purpose, row.language, row.version) for row in session.scalars(select(ConsentText))}
    fresh = [
        ConsentText(purpose=entry["purpose"], language=language, version=entry["version"], **entry[language])
        for entry in tomllib.loads(_file("consent_texts.toml"))["text"]
        for language in ("vi", "en")
        if (entry["purpose"], language, entry["version"]) not in known
    ]
    session.add_all(fresh)
    return len(fresh)


def _requirements(session: Session) -> int:
    rows = session.scalars(select(SellerRequirement))
    known = {(row.seller_kind, row.stage, row.kind, row.parameters_key, row.valid_from) for row in rows}
    fresh = []
    for line in csv.DictReader(_file("requirements.csv").splitlines()):
        parameters = dict(part.split("=", 1) for part in line["parameters"].split(";") if part)
        since = date.fromisoformat(line["valid_from"])
        if (line["seller_kind"], line["stage"], line["kind"], line["parameters"], since) in known:
            continue
        fresh.append(
            SellerRequirement(
                seller_kind=line["seller_kind"],
                stage=line["stage"],
                kind=line["kind"],
                parameters=parameters,
                parameters_key=line["parameters"],
                position=int(line["position"]),
                required=line["required"] == "yes",
                valid_from=since,
            )
        )
    session.add_all(fresh)
    return len(fresh)
