"""Certificates: log and file, the calendar and its figure, who sees what."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import func, select, text

from portal.catalogue.models import ChainConfirmation
from portal.counting.live import live_cells
from portal.counting.periods import month_of, parse_period
from portal.db import begin
from portal.errors import NotFound
from portal.registers import actions
from portal.registers.due import follow
from portal.registers.errors import CertificateTwice
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import CLI, officer
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit
from traceability import CertificateFacts
from traceability.models import TraceCertificate, TraceEntry
from traceability.rederive.certificates import check_certificates

TODAY = date(2026, 11, 22)
PDF = b"%PDF-1.7\nx"


def facts(firm: Any, **more: Any) -> CertificateFacts:
    plain: dict[str, Any] = {
        "establishment": firm.id, "kind": "safe_chain", "number": "01/XN", "issuer": "Chi cục", "valid_from": TODAY,
        "valid_to": TODAY + timedelta(days=2),
    }  # fmt: skip
    return CertificateFacts(**{**plain, **more})


def put(firm: Any, world: Any, **more: Any) -> str:
    with begin() as session:
        return actions.record_paper(session, now=world.clock.now(), acting=CLI, facts=facts(firm, **more)).id


def counted(session: Any, world: Any) -> int:
    """Return the figure, which the recount's own text finds again."""
    period = parse_period(month_of(world.clock.now()))
    figure = current_app.extensions["catalogue"].get("SAFE_CHAIN_EST")
    live = sum(live_cells(session, figure, period).values())
    open_rows = select(func.count()).where(ChainConfirmation.state == "valid", ChainConfirmation.to_at.is_(None))
    assert live == session.scalar(open_rows)
    return live


def test_a_certificate_counts_from_its_first_to_its_last_day(firm: Any, session: Any, world: Any) -> None:
    put(firm, world, valid_from=TODAY + timedelta(days=1))
    assert (counted(session, world), follow(world)) == (0, False)
    world.clock.move(days=1)
    assert (follow(world), counted(session, world), follow(world)) == (True, 1, False)
    world.clock.move(days=1)
    assert (follow(world), counted(session, world)) == (False, 1)
    world.clock.move(days=1)
    assert (follow(world), counted(session, world), follow(world)) == (True, 0, False)
    states = session.execute(select(ChainConfirmation.state, ChainConfirmation.number)).all()
    assert [tuple(one) for one in states] == [("valid", "01/XN"), ("ended", "01/XN")]


def test_a_renewal_goes_on_without_a_gap(firm: Any, session: Any, world: Any) -> None:
    first = put(firm, world)
    assert counted(session, world) == 1
    row = session.get_one(TraceCertificate, first)
    put(firm, world, number="02/XN", valid_from=actions.renewed(row).valid_from, valid_to=None)
    world.clock.move(days=3)
    with begin() as rows:
        actions.follow_calendar(rows, now=world.clock.now(), acting=CLI, establishment_id=firm.id)
    assert counted(session, world) == 1
    now_valid = session.scalars(select(ChainConfirmation).where(ChainConfirmation.to_at.is_(None))).one()
    assert (now_valid.state, now_valid.number) == ("valid", "02/XN")


def test_withdrawing_ends_it_and_other_kinds_do_not_count(firm: Any, session: Any, world: Any) -> None:
    put(firm, world, kind="vietgap")
    assert counted(session, world) == 0
    row = put(firm, world)
    with begin() as rows:
        actions.withdraw(rows, now=world.clock.now(), acting=CLI, certificate_id=row, reason="sai số")
    assert counted(session, world) == 0


def test_the_log_holds_it_without_number_and_a_change_is_found(firm: Any, session: Any, world: Any) -> None:
    row = put(firm, world)
    with begin() as rows:
        actions.withdraw(rows, now=world.clock.now(), acting=CLI, certificate_id=row, reason="sai số")
    entries = session.scalars(select(TraceEntry.data).where(TraceEntry.kind == "certificate_recorded")).all()
    assert len(entries) == 2
    assert not any(b"01/XN" in data for data in entries)
    assert list(check_certificates(session)) == []
    session.execute(text("UPDATE trace_certificates SET number = '99/XN'"))
    session.expire_all()
    assert [one.detail for one in check_certificates(session)] == [
        "differs from its entry", "its withdrawal differs from its entry",
    ]  # fmt: skip


def test_refused(firm: Any, session: Any, world: Any, province: Any) -> None:
    put(firm, world)
    with pytest.raises(CertificateTwice):
        put(firm, world)
    elsewhere = officer(province, world, role="commune_officer", unit=commune_named(province, "Mộc Hóa"))
    with pytest.raises(NotFound), begin() as rows:
        actions.record_paper(rows, now=world.clock.now(), acting=elsewhere, facts=facts(firm, number="03/XN"))
    assert session.scalar(select(func.count()).select_from(TraceCertificate)) == 1


def form(firm: Any, **more: str) -> dict[str, Any]:
    plain = {
        "reference": firm.reference, "kind": "safe_chain", "number": "07/XN", "issuer": "Chi cục ATTP",
        "valid_from": "2026-11-01", "valid_to": "2026-12-01",
    }  # fmt: skip
    return {**plain, **more}


def test_the_officer_s_pages(office: Any, client: Any, firm: Any, session: Any, app: Any, world: Any) -> None:
    sent = {**form(firm), "paper": (BytesIO(PDF), "giay.pdf")}
    page = submit(office, "/officer/certificates/new", sent, content_type="multipart/form-data").headers["Location"]
    assert "07/XN" in soup(office.get(page)).h1.get_text()
    paper = office.get(page + "/paper")
    assert (paper.get_data(), paper.headers["Content-Disposition"][:10]) == (PDF, "attachment")
    listed = office.get("/officer/certificates?show=soon&q=htx")
    assert "HTX Thanh Long" in listed.get_data(as_text=True)
    assert "HTX" not in soup(office.get("/officer/certificates?show=ended")).find("main").get_text()
    assert "07/XN" in office.get("/officer/certificates?format=csv").get_data(as_text=True)
    assert "sắp hết hạn" in soup(office.get("/officer")).find("main").get_text(" ")
    public = client.get("/safe-chain")
    assert "HTX Thanh Long" in public.get_data(as_text=True)
    data = client.get("/open-data/safe-chain.csv")
    assert "07/XN" in data.get_data(as_text=True)
    assert data.headers["Access-Control-Allow-Origin"] == "*"
    submit(office, page + "/withdraw", {"reason": "thu hồi giấy"}, page=page)
    assert "HTX Thanh Long" not in client.get("/safe-chain").get_data(as_text=True)
    elsewhere = officer_client(app, world, unit=commune_named(session, "Mộc Hóa"), phone="0912345679")
    assert elsewhere.get(page).status_code == 404
    assert elsewhere.get(page + "/paper").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("reference", "X1"), ("number", ""), ("valid_to", "2026-10-01"), ("paper", "no pdf")]
)
def test_bad_input_is_said_at_the_field(office: Any, firm: Any, session: Any, field: str, value: str) -> None:
    sent: dict[str, Any] = {**form(firm), field: value}
    if field == "paper":
        sent["paper"] = (BytesIO(value.encode()), "x.pdf")
    answer = submit(office, "/officer/certificates/new", sent, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert soup(answer).find(class_="error-summary") is not None
    assert session.scalar(select(func.count()).select_from(TraceCertificate)) == 0
