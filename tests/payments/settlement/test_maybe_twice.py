"""A feed's line and a statement's that differ in reference and balance but in nothing else: a person is asked."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from payments import cases
from payments.models import Case, Transaction
from tests.payments.scene import AT, bank_notice, books, case_kinds, hear, school, sepay
from tests.payments.settlement.test_statements import BANK, NOW, OPENING, lines_of, taken, written

MEMO = "nop tien lop 1A"


def asked(session: Session) -> list[tuple[str, str]]:
    """Return who told the line that a person is asked about, and what the case says."""
    found = [one for one in cases.open_cases(session) if one.kind == cases.MAYBE_TWICE]
    told = {one.id: one.provider for one in session.query(Transaction)}
    return [(told[one.subject_id], one.reason) for one in found]


def test_what_a_feed_told_and_the_statement_lists_otherwise_is_asked(session: Session, tmp_path: Path) -> None:
    payee = school(session)
    # Two that the statement knows by their references, one that it does not, one of another memo.
    for number, reference, memo in ((1, "FT01", MEMO), (2, "FT02", MEMO), (3, "XX03", MEMO), (4, "XX04", "khac")):
        hear(session, sepay(), bank_notice(number=number, amount=80_000, memo=memo, referenceCode=reference,
                                           accumulated=77_000 + number))  # fmt: skip
    odd = session.query(Transaction).filter_by(bank_reference="XX03").one()
    lines = [("FT01", MEMO, 80_000), ("FT02", MEMO, 80_000), ("FT03", MEMO.upper(), 80_000), ("FT09", MEMO, 90_000)]
    taken(session, payee, written(tmp_path, lines_of(lines)))
    assert [(provider, odd.id in reason) for provider, reason in asked(session)] == [("bank", True)]
    assert books(session, payee)[BANK] == 4 * 80_000 + 80_000 + 90_000  # both stay booked until a person has looked


def test_what_a_feed_tells_after_the_statement_is_asked_only_if_it_should_stand_there(
    session: Session, tmp_path: Path
) -> None:
    payee = school(session)
    taken(session, payee, written(tmp_path, lines_of([("FT01", MEMO, 80_000)])))
    before = case_kinds(session)
    # What is paid after the statement was read in cannot stand in it.
    at = NOW + timedelta(hours=1)
    later = bank_notice(number=6, amount=80_000, memo=MEMO, referenceCode="XX06", accumulated=5, at=at)
    hear(session, sepay(), later, now=at)
    hear(session, sepay(), bank_notice(number=8, amount=80_000, memo="khac", referenceCode="XX08", accumulated=5))
    assert (case_kinds(session) != before, asked(session)) == (True, [])
    odd = bank_notice(number=7, amount=80_000, memo=MEMO, referenceCode="XX07", accumulated=OPENING)
    hear(session, sepay(), odd, now=AT)
    hear(session, sepay(), odd, now=AT)
    assert [(provider, "sepay:7" in reason) for provider, reason in asked(session)] == [("bank", True)]
    assert session.query(Case).filter_by(kind=cases.MAYBE_TWICE).count() == 1
    assert books(session, payee)[BANK] == 4 * 80_000
