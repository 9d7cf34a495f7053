"""The one table: every blueprint, and for every route and method its guard. A route that is missing fails the start."""

from flask import Blueprint

from portal.guards import Table, anyone, development, monitor, signed_in
from portal.people.views import blueprint as people
from portal.places.views import blueprint as places
from portal.site.views import blueprint as site

# (blueprint, machine): a machine blueprint carries no session, so no form token is asked of it
BLUEPRINTS: tuple[tuple[Blueprint, bool], ...] = (
    (site, False),
    (people, False),
    (places, False),
)

GET, POST = "GET", "POST"
GUARDS: Table = {
    "static": {GET: anyone},
    "bootstrap.static": {GET: anyone},
    "openapi.spec": {GET: anyone},
    "site.docs": {GET: anyone},
    # site
    "site.healthz": {GET: anyone},
    "site.readyz": {GET: anyone},
    "site.metrics": {GET: monitor},
    "site.language": {GET: anyone},
    "site.components": {GET: development},
    "site.sandbox": {GET: development},
    "site.csp_report": {POST: anyone},
    # places
    "places.search": {GET: anyone},
    # people
    "people.sign_in": {GET: anyone},
    "people.sign_in_send": {POST: anyone},
    "people.code": {GET: anyone},
    "people.code_check": {POST: anyone},
    "people.link": {GET: anyone},
    "people.link_use": {POST: anyone},
    "people.second_factor": {GET: signed_in},
    "people.second_factor_check": {POST: signed_in},
    "people.authenticator": {GET: signed_in},
    "people.authenticator_confirm": {POST: signed_in},
    "people.authenticator_new": {GET: signed_in},
    "people.authenticator_make": {POST: signed_in},
    "people.sign_out": {POST: anyone},
    "people.my_sessions": {GET: signed_in},
    "people.my_sessions_end": {POST: signed_in},
}
