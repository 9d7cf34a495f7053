"""Guards of the figures: dashboard, feed, the officer's desk."""

from portal.adoption.api import blueprint as adoption_api
from portal.adoption.ngsi import blueprint as ngsi
from portal.adoption.oauth_views import blueprint as oauth
from portal.adoption.target_views import blueprint as adoption
from portal.desk.views import blueprint as desk
from portal.guards import Table, anyone, sender
from portal.routes.who import GET, OFFICER, POST, PROVINCE, Room

BLUEPRINTS: tuple[Room, ...] = ((adoption, False), (adoption_api, True), (desk, False), (ngsi, True), (oauth, True))
GUARDS: Table = {
    # adoption
    "adoption.dashboard": {GET: anyone},
    "adoption.indicator": {GET: anyone},
    "adoption.television": {GET: anyone},
    "adoption.officer_figures": {GET: OFFICER},
    "adoption.officer_targets": {GET: PROVINCE},
    "adoption.officer_target_set": {POST: PROVINCE},
    "adoption.officer_target_settle": {POST: PROVINCE},
    # the public interface
    "adoption_api.public_targets": {GET: anyone},
    "adoption_api.indicators": {GET: anyone},
    "adoption_api.observations": {GET: anyone},
    # desk
    "desk.officer": {GET: OFFICER},
    "desk.cases_page": {GET: PROVINCE},
    "desk.closed_page": {GET: PROVINCE},
    "desk.case_page": {GET: PROVINCE},
    "desk.case_take": {POST: PROVINCE},
    "desk.case_close": {POST: PROVINCE},
    "desk.changes_page": {GET: OFFICER},
    "desk.behind_page": {GET: OFFICER},
    "desk.not_yet_page": {GET: OFFICER},
    # NGSI-LD
    "ngsi.entities": {GET: anyone},
    "ngsi.entity": {GET: anyone},
    "ngsi.refused": {POST: anyone},
    "ngsi.refused_subscription": {POST: anyone},
    # tokens for machines
    "oauth.token": {POST: sender},
}
