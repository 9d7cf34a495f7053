"""Pitfall 23: a name that leads elsewhere after its check. Nothing is sent to an address that was not checked."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from payments.v1.delivery_tables import DeliveryTry
from portal.db import reading
from portal.pay.sending import tell_one
from tests.portal.pay.making import School
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_interface import ASK

NAME, PUBLIC = "hooks.truong.example", ("1.1.1.1", 443)


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


@pytest.fixture
def inside() -> Iterator[socket.socket]:
    """Listen inside the network."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        yield listening


@pytest.fixture
def leads(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Have the name lead to these addresses, one look-up after the other, the last one for ever."""
    real = socket.getaddrinfo

    def to(*addresses: tuple[str, int]) -> list[Any]:
        left = list(addresses)

        def looked_up(host: Any, *given: Any, **more: Any) -> Any:
            if host != NAME:
                return real(host, *given, **more)
            address = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        return left

    return to


def tries() -> list[tuple[str | None, str | None]]:
    session = reading()
    session.expire_all()
    return [(one.error, one.address) for one in session.scalars(select(DeliveryTry))]


def test_a_name_that_leads_inside_when_it_is_saved(sdk: Any, leads: Any, inside: socket.socket) -> None:
    leads(inside.getsockname())
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk[0].v1.webhook_endpoints.create({"url": f"https://{NAME}/x", "enabled_events": ["*"]})
    assert (refused.value.code, refused.value.param) == ("url_invalid", "url")


def test_a_name_that_leads_inside_by_the_time_of_the_call(
    sdk: Any, world: Any, leads: Any, inside: socket.socket
) -> None:
    leads(PUBLIC)
    sdk[0].v1.webhook_endpoints.create({"url": f"https://{NAME}/x", "enabled_events": ["*"]})
    sdk[0].v1.payment_intents.create(ASK)
    leads(inside.getsockname())
    assert tell_one(world)
    assert tries() == [("address_refused", None)]
    inside.setblocking(False)
    with pytest.raises(BlockingIOError):
        inside.accept()


def test_a_name_that_changes_between_the_check_and_the_connection(
    sdk: Any, world: Any, leads: Any, inside: socket.socket
) -> None:
    leads(PUBLIC)
    sdk[0].v1.webhook_endpoints.create({"url": f"https://{NAME}/x", "enabled_events": ["*"]})
    sdk[0].v1.payment_intents.create(ASK)
    left = leads(PUBLIC, inside.getsockname())
    assert tell_one(world)
    assert left == [inside.getsockname()]
    assert tries() == [("address_refused", "127.0.0.1")]
    reached, _ = inside.accept()
    with reached:
        reached.settimeout(60)
        assert reached.recv(1) == b""  # not even TLS's first words
