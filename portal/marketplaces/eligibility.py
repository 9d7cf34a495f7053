"""Which accounts are eligible: judged by the rules of the day, kept as a snapshot whenever the answer changes.

A sweep walks all accounts of households, a chunk a transaction: each night, and after a roster. What it finds changed
is counted with the snapshot that says why.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.bulk import among, insert_rows
from portal.counting import counting_many
from portal.counting.periods import month_of
from portal.db import insert_new
from portal.marketplaces.eligibility_models import EligibilitySweep, RuleSet, Snapshot
from portal.marketplaces.models import ChannelAccount
from portal.marketplaces.rules import RULES, Rule, unmet
from portal.onboarding.models import Organisation
from portal.onboarding.stages import reach_many
from portal.places.areas import VIETNAM, day_of

CODE = "sell"
CHUNK = 5_000
NIGHTLY = time(2, 30)
_COLUMNS = ("account_id", "number", "period", "at", "eligible", "rule_set_id", "unmet")


@dataclass(frozen=True, slots=True)
class _Found:
    """An account whose answer changed: what it was, what it is."""

    account_id: str
    organisation_id: str
    number: int
    was: bool
    eligible: bool
    unmet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """What the rules say of one account: those that it does not meet, and those that it does."""

    channel: str
    missing: tuple[Rule, ...]
    met: tuple[Rule, ...]


def rules_on(session: Session, day: date) -> RuleSet | None:
    """Return the rules in force on a day, or None before the first."""
    query = select(RuleSet).where(RuleSet.code == CODE, RuleSet.valid_from <= day)
    return session.scalars(query.order_by(RuleSet.valid_from.desc()).limit(1)).one_or_none()


def explain(session: Session, organisation: Organisation, *, on: date) -> list[Explained]:
    """Return, for each account of a household, what the rules of a day say of it now; none before the first rules."""
    rules, own = rules_on(session, on), ChannelAccount.organisation_id == organisation.id
    if rules is None or organisation.kind != "household":
        return []
    accounts = {row.id: row for row in session.scalars(select(ChannelAccount).where(own))}
    answers = unmet(session, list(accounts), rules.rules) if accounts else {}
    return [
        Explained(
            channel=accounts[account_id].channel,
            missing=tuple(RULES[code] for code in missing),
            met=tuple(RULES[code] for code in rules.rules if code not in missing),
        )
        for account_id, missing in sorted(answers.items(), key=lambda one: accounts[one[0]].channel)
    ]


def latest(session: Session, account_ids: Sequence[str]) -> dict[str, Snapshot]:
    """Return the last snapshot of each account."""
    newest = (
        select(Snapshot.account_id, func.max(Snapshot.number).label("number"))
        .where(among(session, Snapshot.account_id, account_ids))
        .group_by(Snapshot.account_id)
        .subquery()
    )
    query = select(Snapshot).join(
        newest, (newest.c.account_id == Snapshot.account_id) & (newest.c.number == Snapshot.number)
    )
    return {row.account_id: row for row in session.scalars(query)}


def ask_for_sweep(session: Session, *, now: datetime) -> None:
    """Have all accounts judged soon; one that is under way begins again."""
    sweep = _locked_sweep(session, now=now)
    sweep.due_at, sweep.after, sweep.begun_at = min(sweep.due_at, now), None, None
    session.flush()


def is_due(session: Session, *, now: datetime) -> bool:
    """Say, by reading alone, whether a sweep is due or under way."""
    sweep = session.get(EligibilitySweep, 1)
    return sweep is None or sweep.due_at <= now


def sweep_some(session: Session, *, now: datetime, acting: Acting) -> bool:
    """Judge one chunk of accounts; say whether the sweep was due. The last chunk sets the next night."""
    sweep = _locked_sweep(session, now=now)
    if sweep.due_at > now:
        return False
    if sweep.begun_at is None or day_of(sweep.begun_at) != day_of(now):  # one left over from another day begins anew
        sweep.begun_at, sweep.after = now, None
    query = (
        select(ChannelAccount.id, ChannelAccount.organisation_id)
        .join(Organisation, Organisation.id == ChannelAccount.organisation_id)
        .where(Organisation.kind == "household", ChannelAccount.id > (sweep.after or ""))
        .order_by(ChannelAccount.id)
        .limit(CHUNK)
    )
    accounts = dict(session.execute(query).all())
    rules = rules_on(session, day_of(now))
    if accounts and rules is not None:
        judge_many(session, accounts, rules, now=now, acting=acting)
    if len(accounts) == CHUNK:
        sweep.after = max(accounts)
    else:
        sweep.after, sweep.begun_at, sweep.due_at = None, None, next_night(now)
    session.flush()
    return True


def judge_many(session: Session, accounts: Mapping[str, str], rules: RuleSet, *, now: datetime, acting: Acting) -> int:
    """Judge these accounts (account → household), snapshot and count what changed; return how many did."""
    found = _changed(session, accounts, rules)
    if not found:
        return 0
    moving = [one for one in found if one.was != one.eligible]
    with counting_many(session, [one.organisation_id for one in moving], effective_at=now):
        rows = [
            (one.account_id, one.number, month_of(now), now, one.eligible, rules.id, " ".join(one.unmet))
            for one in found
        ]
        insert_rows(session, Snapshot, _COLUMNS, rows)
        reached = sorted({one.organisation_id for one in moving if one.eligible})
        reach_many(session, households=reached, stage="eligible", at=now)
    changed: dict[str, tuple[object, object]] = {"accounts": (None, len(found)), "rules": (None, rules.version)}
    record(
        session, now=now, acting=acting, act="eligibility.judged", object_id=found[0].account_id, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip
    return len(found)


def next_night(now: datetime) -> datetime:
    """Return the next half past two in the morning in Vietnam."""
    local = now.astimezone(VIETNAM)
    tonight = datetime.combine(local.date(), NIGHTLY, tzinfo=VIETNAM)
    return tonight if tonight > local else tonight + timedelta(days=1)


def _changed(session: Session, accounts: Mapping[str, str], rules: RuleSet) -> list[_Found]:
    ids, found = sorted(accounts), list[_Found]()
    for start in range(0, len(ids), 5_000):
        some = ids[start : start + 5_000]
        before = latest(session, some)
        for account_id, missing in sorted(unmet(session, some, rules.rules).items()):
            last, eligible = before.get(account_id), not missing
            if last is not None and last.eligible == eligible and last.unmet == " ".join(missing):
                continue
            was = last is not None and last.eligible
            number = last.number + 1 if last is not None else 1
            found.append(_Found(account_id, accounts[account_id], number, was, eligible, missing))
    return found


def _locked_sweep(session: Session, *, now: datetime) -> EligibilitySweep:
    insert_new(session, EligibilitySweep, id=1, due_at=now)
    query = select(EligibilitySweep).where(EligibilitySweep.id == 1).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def load_rule_sets(session: Session, *, now: datetime, acting: Acting) -> int:
    """Add the rule sets that are missing; return how many. What an officer changed stays."""
    known = {(code, version) for code, version in session.execute(select(RuleSet.code, RuleSet.version))}
    text = resources.files("portal.marketplaces").joinpath("data/rule_sets.csv").read_text("utf-8")
    fresh = [
        RuleSet(
            code=line["code"], version=int(line["version"]), valid_from=date.fromisoformat(line["valid_from"]),
            rules=line["rules"].split(), basis=line["basis"],
        )
        for line in csv.DictReader(text.splitlines())
        if (line["code"], int(line["version"])) not in known
    ]  # fmt: skip
    session.add_all(fresh)
    if fresh:
        record(session, now=now, acting=acting, act="eligibility.rules_loaded", object_id=f"{len(fresh)} rows")
    return len(fresh)
