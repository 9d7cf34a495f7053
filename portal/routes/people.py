"""Guards of the pages of all: the site itself, places, signing in."""

from portal.guards import Table, anyone, development, monitor, signed_in
from portal.people.key_views import blueprint as people
from portal.places.views import blueprint as places
from portal.routes.who import GET, POST, SELLER, Room
from portal.site.views import blueprint as site

BLUEPRINTS: tuple[Room, ...] = ((site, False), (places, False), (people, False))
GUARDS: Table = {
    # files
    "static": {GET: anyone},
    "bootstrap.static": {GET: anyone},
    "openapi.spec": {GET: anyone},
    # site
    "site.docs": {GET: anyone},
    "site.payment_docs": {GET: anyone},
    "site.healthz": {GET: anyone},
    "site.readyz": {GET: anyone},
    "site.metrics": {GET: monitor},
    "site.language": {GET: anyone},
    "site.my_roles": {GET: signed_in},
    "site.my_role": {POST: signed_in},
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
    "people.my_keys": {GET: SELLER},
    "people.my_keys_make": {POST: SELLER},
    "people.my_keys_end": {POST: SELLER},
    "people.my_keys_forbid": {POST: SELLER},
}
