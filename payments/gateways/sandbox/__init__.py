"""Stand-ins for gateways, a bank and its feeds: the real wire, signed by their own code, misbehaving on command.

Nothing here knows the adapters: both sides are written from the protocol alone, so that a mistake in one shows.
Front door: make_app; PATHS is what it answers. Demo keys only; never in production.
"""

from payments.gateways.sandbox.app import PATHS, SandboxApp, make_app

__all__ = ["PATHS", "SandboxApp", "make_app"]
