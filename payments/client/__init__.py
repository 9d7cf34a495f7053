"""A small client for Stripe-shaped interfaces, ours first of all: for the systems of schools and hospitals.

    from payments.client import Client
    client = Client("sk_test_…", "https://choso.example.vn")
    asked = client.payment_intents.create(amount=450_000, currency="vnd")
    for one in client.payment_intents.list(limit=100): …

It needs `requests` and nothing else of ours. Every POST carries an idempotency key, the same on every try; errors are
types (`errors.py` draws them); `webhooks.read` takes only what was signed a moment ago.
"""

from payments.client import webhooks as webhooks
from payments.client.calling import Client as Client
from payments.client.objects import Object as Object
from payments.client.objects import Page as Page
from payments.client.transport import Reply as Reply
from payments.client.transport import RequestsTransport as RequestsTransport
from payments.client.transport import Transport as Transport

__all__ = ["Client", "Object", "Page", "Reply", "RequestsTransport", "Transport", "webhooks"]
