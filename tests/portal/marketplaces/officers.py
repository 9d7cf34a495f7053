"""An officer's browser, signed in with the second factor through the real pages."""

from typing import Any

import pyotp

from portal.db import db
from portal.people.models import Authenticator
from tests.portal.marketplaces.conftest import Shop
from tests.portal.people.test_sign_in import person


def officer_browser(shop: Shop, *, role: str) -> Any:
    """Return a client that is signed in as this role, its authenticator just set up."""
    login_id, token = person(shop.world, role=role, phone="0911111111")
    client = shop.app.test_client()
    client.send(f"/sign-in/link/{token}")
    client.send("/sign-in/authenticator/new")
    db.session.expire_all()
    row = db.session.get_one(Authenticator, login_id)
    secret = shop.world.field_keys.open(row.secret_sealed, place=f"authenticators.secret.{login_id}")
    code = pyotp.TOTP(secret).at(shop.clock.now())
    client.send("/sign-in/authenticator", {"code": code})
    return client
