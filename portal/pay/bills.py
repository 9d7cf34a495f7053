"""What the national public service portal is told when it looks a bill up at us, to collect it by KeyPay."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import payments
from payments.errors import RequestUnknown
from payments.gateways.keypay import KeyPay
from payments.gateways.protocol import Raw, Reply
from portal.acting import Acting
from portal.audit import record
from portal.db import begin
from portal.pay.owners import owner_of
from portal.pay.wiring import sender

if TYPE_CHECKING:
    from portal.world import World


def tell_bill(world: "World", *, raw: Raw, acting: Acting) -> Reply:
    """Answer a look-up; what is due has a try of its own from then on, the same however often it is asked for."""
    keypay = cast(KeyPay, sender(world, "keypay"))
    code, now = keypay.asked_code(raw), world.clock.now()
    if code is None:
        return keypay.bill(None, known=False)
    try:
        with begin() as session:
            bill = payments.look_up(session, gateway=keypay.name, capabilities=keypay.capabilities, code=code, now=now)
            if bill is not None and not bill.repeated:
                own = replace(acting, organisation_id=owner_of(session, bill.payee_id))
                changed: dict[str, tuple[object, object]] = {"gateway": (None, keypay.name)}
                record(
                    session, now=now, acting=own, act="attempt.looked_up", object_id=bill.attempt_id,
                    changed=changed,
                    public=frozenset(changed),
                )  # fmt: skip
    except RequestUnknown:
        return keypay.bill(None, known=False)
    return keypay.bill(bill.order if bill is not None else None, known=True)
