"""Stand-ins for VNPay, a bank and SePay that speak the real wire, sign by their own code and misbehave on command.

Nothing here knows the adapters: both sides are written from the protocol alone, so that a mistake in one shows.
Front door: make_app. Demo keys only; never in production.
"""

from payments.gateways.sandbox.app import SandboxApp, make_app

__all__ = ["SandboxApp", "make_app"]
