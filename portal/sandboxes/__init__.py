"""The partners' stand-ins: a process of their own, with a database of their own, never in production.

Two marketplaces (`marketplace.py` takes calls, `moderation.py` decides and calls back), an SMS and mail provider with
a demo telephone (`messages.py`), and the payment gateways' stand-ins, all labelled as a simulation. Nothing here
imports the portal's adapters or tables: what both sides must agree on is the written wire format alone.
"""
