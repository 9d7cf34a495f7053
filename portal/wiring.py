"""Settings become the world. The only place that chooses between real and sandboxed parts."""

from payments.gateways.clocks import Clocks
from portal.config import Settings
from portal.crypto import FieldKeys
from portal.marketplaces.channels.registry import make_channels
from portal.pay.wiring import make_gateways, make_issuer
from portal.people.sms import HttpSms
from portal.stamps.wiring import make_ledgers, make_log_signer, make_stamp_keys
from portal.world import SystemClock, World


def make_world(settings: Settings) -> World:
    """Choose every part from the settings."""
    clocks = Clocks()
    return World(
        settings=settings,
        clock=SystemClock(),
        field_keys=FieldKeys(settings.versioned("FIELD_KEY"), bytes.fromhex(settings.index_key)),
        sms=HttpSms(url=settings.partner("SMS_URL"), token=settings.sms_token),
        stamp_keys=make_stamp_keys(settings),
        log_signer=make_log_signer(settings),
        ledgers=make_ledgers(settings),
        gateways=make_gateways(settings, clocks),
        channels=make_channels(settings),
        issuer=make_issuer(settings),
        clocks=clocks,
    )
