"""What many tests of the figures stand on: counted and published once, instead of before each test."""

from typing import Any

from flask import current_app

from portal.counting import TOTAL, add_many
from tests.portal.adoption.conftest import APRIL, MAY_1, SPRING, Province, place_units

ODD = 61_987_433
"""A count that nothing else on a page is."""
HIDDEN = ("P5", "DOM")


def units(session: Any) -> Province:
    """Load the units of the province."""
    place_units(session)
    return Province(session, current_app.extensions["catalogue"])


def _thirty(session: Any) -> Province:
    """Open accounts for thirty households of April: 3, 9 and 18 in three communes."""
    province = units(session)
    for number in range(30):
        commune = 0 if number < 3 else 1 if number < 12 else 2
        province.account(province.seller(commune), "voso" if number % 2 else "postmart")
    return province


def thirty_in_spring(session: Any) -> None:
    """Publish thirty households within their month."""
    _thirty(session).publish(SPRING)


def thirty_of_a_closed_april(session: Any) -> None:
    """Publish thirty households within their month, and again as it closes."""
    province = _thirty(session)
    province.publish(SPRING)
    province.publish(MAY_1)


def twenty_three_evenly(session: Any) -> None:
    """Publish 23 households, spread evenly over three communes."""
    province = units(session)
    for number in range(23):
        province.account(province.seller(number % 3), "voso" if number % 3 else "postmart")
    province.publish()


def twenty_three_and_one_nearly_alone(session: Any) -> None:
    """Publish 23 households in three communes, one of them nearly alone in hers."""
    province = units(session)
    for number in range(23):
        seller = province.seller(0 if number < 2 else 1 + number % 2)
        province.account(seller, "voso" if number % 3 else "postmart")
    province.publish()


def forty_in_april(session: Any) -> None:
    """Publish forty households with an account."""
    province = units(session)
    for number in range(40):
        province.account(province.seller(number % 3))
    province.publish()


def seven_and_one_twice(session: Any) -> None:
    """Publish seven households with accounts, one on two marketplaces."""
    province = units(session)
    for number in range(7):
        seller = province.seller(number % 3)
        province.account(seller)
        if number == 0:
            province.account(seller, "voso")
    province.publish()


def odd_counts(session: Any) -> None:
    """Give every commune and cut of every indicator under a rule a count that can be searched for."""
    province = units(session)
    for one in province.catalogue:
        if one.privacy in HIDDEN:
            cuts = province.catalogue.cuts_of(one)
            cells = {(one.code, cut, province.communes[place]): ODD for place, cut in enumerate(cuts)}
            cells |= {(one.code, TOTAL, province.communes[place]): 1 for place in range(30, 32)}
            add_many(session, cells, effective_at=APRIL)
    province.publish()
