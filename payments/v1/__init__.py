"""The Stripe-shaped face: what an unchanged official SDK sends is read, checked, kept once and answered here.

Reading      form.read_form · parameters.check
Once         idempotency.claim finish
Objects      intents.create modify cancel find · listing.page · shapes.intent charge event
Telling      events.tell (a snapshot for each change, in the change's own transaction)
Keys         keys.make_key find_key revoke_key

Functions over a Session as in the rest of the library; the portal routes, answers and calls gateways.
Source of the wire: captured from the official Python SDK 16.1.0, API version 2026-10-28.endive.
"""

VERSION = "2026-10-28.endive"
