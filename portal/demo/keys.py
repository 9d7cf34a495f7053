"""The demo's credentials: fresh one-time links, the sandbox terminal's keys, a product and an establishment to try."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Payee
from portal.acting import Acting
from portal.adoption.oauth import make_client
from portal.catalogue.models import Product
from portal.db import begin
from portal.demo.cast import PEOPLE, SELLERS, TEAM_LEADER
from portal.gateway_settings import sandbox_keys
from portal.pay.key_giving import renewed_key
from portal.pay.models import PayeeOwner
from portal.people import actions
from portal.people.models import Login
from portal.people.partners import make_partner_key
from portal.people.phones import parse_mobile
from portal.world import World
from traceability.models import TraceBatch

SCOPES = ("sellers:read", "sellers:write", "epcis:read", "epcis:capture")


def demo_keys(world: World) -> dict[str, Any]:
    """Return the demo's credentials; links are new each time and work once.

    All of them are new each time; the payee's key is the first institution's, null where there is none.
    """
    now, acting = world.clock.now(), Acting.system("demo")
    links = []
    with begin() as session:
        people = {**PEOPLE, "household": (SELLERS[0].phone, SELLERS[0].head), "team_member": (TEAM_LEADER, "Tổ trưởng")}
        for role, (phone, name) in people.items():
            login = _login(session, world, phone)
            if login is not None:
                token = actions.make_link(session, now=now, acting=acting, login_id=login.id)
                address = f"{world.settings.public_url}/sign-in/link/{token}"
                links.append({"role": role, "name": name, "phone": phone, "link": address})
        sellers = session.scalars(select(TraceBatch.establishment).distinct())
        partner = make_partner_key(
            session, now=now, acting=acting, name="demo partner", scopes=SCOPES, sellers=sellers, prefix="pk_demo"
        )
        secret = make_client(
            session, now=now, acting=acting, client_id="demo", name="demo client",
            scopes=("observations:read",), renewed=True,
        )  # fmt: skip
        payee = session.scalars(select(Payee).join(PayeeOwner, PayeeOwner.payee_id == Payee.id).limit(1)).first()
        stripe = renewed_key(session, world, acting=acting, payee_id=payee.id, name="demo") if payee else None
        batch = session.scalars(select(TraceBatch).order_by(TraceBatch.batch).limit(1)).first()
        product = session.get(Product, batch.product) if batch else None
    settings = world.settings
    return {
        "stripe_secret_key": stripe,
        "partner_key": partner,
        "oauth": {"client_id": "demo", "client_secret": secret},
        "vnpay": {"tmn_code": settings.vnpay_tmn_code, "secret": settings.vnpay_secret},
        "gateways": sandbox_keys(settings.values),
        "product": product.id if product else None,
        "establishment": batch.establishment if batch else None,
        "sign_ins": links,
    }


def _login(session: Session, world: World, phone: str) -> Login | None:
    index = world.field_keys.index("phone", parse_mobile(phone).e164)
    return session.scalars(select(Login).where(Login.phone_index == index)).one_or_none()
