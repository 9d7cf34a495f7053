"""The one table: every blueprint, and for every route and method its guard. A route that is missing fails the start."""

from flask import Blueprint

from portal.adoption.api import blueprint as adoption_api
from portal.adoption.ngsi import blueprint as ngsi
from portal.adoption.oauth_views import blueprint as oauth
from portal.adoption.views import blueprint as adoption
from portal.cashier.views import blueprint as cashier
from portal.catalogue.views import blueprint as catalogue
from portal.desk.views import blueprint as desk
from portal.epcis.views import epcis, lots
from portal.guards import Table, anyone, anyone_or_key, development, monitor, payer, role, scoped, sender, signed_in
from portal.marketplaces.hooks import blueprint as channel_hooks
from portal.marketplaces.views import blueprint as marketplaces
from portal.onboarding.views import blueprint as onboarding
from portal.pay import api_reading  # noqa: F401  its views join those of api
from portal.pay.api import blueprint as v1
from portal.pay.hooks import blueprint as pay_hooks
from portal.pay.keyed import keyed
from portal.pay.views import blueprint as pay
from portal.people.views import blueprint as people
from portal.places.views import blueprint as places
from portal.site.views import blueprint as site
from portal.stamps.views import log, scan, stamps
from portal.teams.views import blueprint as teams

# (blueprint, machine): a machine blueprint carries no session, so no form token is asked of it
BLUEPRINTS: tuple[tuple[Blueprint, bool], ...] = (
    (site, False),
    (people, False),
    (places, False),
    (onboarding, False),
    (teams, False),
    (catalogue, False),
    (marketplaces, False),
    (channel_hooks, True),
    (stamps, False),
    (scan, True),
    (log, True),
    (epcis, True),
    (lots, False),
    (cashier, False),
    (pay, True),
    (pay_hooks, True),
    (v1, True),
    (adoption, False),
    (desk, False),
    (adoption_api, True),
    (ngsi, True),
    (oauth, True),
)

GET, POST = "GET", "POST"
SELLER = role("household", "seller_staff")
OWNER = role("household")
OFFICER = role("commune_officer", "province_officer")
PROVINCE = role("province_officer")
MEMBER = role("team_member")
SETTLES = role("commune_officer", "province_officer", "team_member")
COLLECTS = role("cashier", duty="collect")
CAPTURES = scoped("epcis:capture")
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
    # onboarding
    "onboarding.register": {GET: anyone},
    "onboarding.register_phone": {POST: anyone},
    "onboarding.register_code": {GET: anyone},
    "onboarding.register_code_check": {POST: anyone},
    "onboarding.register_step": {GET: signed_in},
    "onboarding.register_step_save": {POST: signed_in},
    "onboarding.register_check": {GET: signed_in},
    "onboarding.register_send": {POST: signed_in},
    "onboarding.register_done": {GET: signed_in},
    "onboarding.my": {GET: SELLER},
    "onboarding.my_place": {GET: OWNER},
    "onboarding.my_place_settle": {POST: OWNER},
    "onboarding.my_correct": {POST: OWNER},
    "onboarding.my_consents": {GET: OWNER},
    "onboarding.my_consent_change": {POST: OWNER},
    "onboarding.my_trail": {GET: SELLER},
    "onboarding.officer_places": {GET: SETTLES},
    "onboarding.officer_place": {GET: SETTLES},
    "onboarding.officer_place_settle": {POST: SETTLES},
    "onboarding.officer_sellers": {GET: OFFICER},
    "onboarding.officer_seller": {GET: OFFICER},
    "onboarding.officer_approve": {POST: OFFICER},
    "onboarding.officer_return": {POST: OFFICER},
    "onboarding.officer_claims": {GET: OFFICER},
    "onboarding.officer_claim": {GET: OFFICER},
    "onboarding.officer_claim_decide": {POST: OFFICER},
    "onboarding.officer_rosters": {GET: OFFICER},
    "onboarding.officer_roster_new": {GET: OFFICER},
    "onboarding.officer_roster_upload": {POST: OFFICER},
    "onboarding.officer_roster": {GET: OFFICER},
    "onboarding.officer_roster_columns": {GET: OFFICER},
    "onboarding.officer_roster_read": {POST: OFFICER},
    "onboarding.officer_roster_start": {POST: OFFICER},
    "onboarding.officer_roster_stop": {POST: OFFICER},
    "onboarding.officer_roster_report": {POST: OFFICER},
    # teams
    "teams.officer_teams": {GET: OFFICER},
    "teams.officer_team_new": {GET: OFFICER},
    "teams.officer_team_found": {POST: OFFICER},
    "teams.officer_team": {GET: OFFICER},
    "teams.officer_member_add": {POST: OFFICER},
    "teams.officer_member_change": {POST: OFFICER},
    "teams.officer_team_settle": {POST: OFFICER},
    "teams.officer_team_end": {POST: OFFICER},
    "teams.officer_flags": {GET: OFFICER},
    "teams.officer_flag_review": {POST: OFFICER},
    "teams.team": {GET: MEMBER},
    "teams.team_calls": {GET: MEMBER},
    "teams.team_funnel": {GET: MEMBER},
    "teams.household_new": {GET: MEMBER},
    "teams.household_open": {POST: MEMBER},
    "teams.household_code": {GET: MEMBER},
    "teams.household_confirm": {POST: MEMBER},
    "teams.household_step": {GET: MEMBER},
    "teams.household_step_save": {POST: MEMBER},
    "teams.household_read": {GET: MEMBER},
    "teams.household_send": {POST: MEMBER},
    "teams.household_cancel": {POST: MEMBER},
    "teams.household": {GET: MEMBER},
    "teams.household_phone": {GET: MEMBER},
    "teams.household_phone_ask": {POST: MEMBER},
    "teams.change_code": {GET: MEMBER},
    "teams.change_confirm": {POST: MEMBER},
    "teams.slip": {GET: anyone},
    "teams.slip_paper": {GET: anyone},
    "teams.my_helped": {GET: OWNER},
    "teams.my_undo_ask": {GET: OWNER},
    "teams.my_undo": {POST: OWNER},
    # catalogue
    "catalogue.market": {GET: anyone},
    "catalogue.product": {GET: anyone},
    "catalogue.photo": {GET: anyone},
    "catalogue.own_products": {GET: SELLER},
    "catalogue.new": {GET: SELLER},
    "catalogue.new_save": {POST: SELLER},
    "catalogue.what": {GET: SELLER},
    "catalogue.what_save": {POST: SELLER},
    "catalogue.price": {GET: SELLER},
    "catalogue.price_save": {POST: SELLER},
    "catalogue.add_photo": {GET: SELLER},
    "catalogue.add_photo_save": {POST: SELLER},
    "catalogue.own_product": {GET: SELLER},
    "catalogue.own_product_move": {POST: SELLER},
    # marketplaces
    "marketplaces.mine": {GET: SELLER},
    "marketplaces.product_channels": {GET: SELLER},
    "marketplaces.publish": {POST: SELLER},
    "marketplaces.withdraw": {POST: SELLER},
    "marketplaces.officer_channels": {GET: PROVINCE},
    "marketplaces.officer_switch": {POST: PROVINCE},
    "marketplaces.officer_redrive": {POST: PROVINCE},
    "channel_hooks.callback": {POST: sender},
    # stamps
    "scan.stamp": {GET: anyone},
    "scan.no_code": {GET: anyone},
    "scan.link": {GET: anyone},
    "scan.resolver": {GET: anyone},
    "scan.proof": {GET: anyone},
    "scan.lot": {GET: anyone},
    "log.checkpoint": {GET: anyone},
    "log.cosignatures": {POST: scoped("log:cosign")},
    "log.key": {GET: anyone},
    "log.tile": {GET: anyone},
    "log.entries": {GET: anyone},
    "stamps.batches": {GET: SELLER},
    "stamps.order": {GET: SELLER},
    "stamps.order_count": {POST: SELLER},
    "stamps.order_check": {GET: SELLER},
    "stamps.order_send": {POST: SELLER},
    "stamps.ordered": {GET: SELLER},
    "stamps.batch_page": {GET: SELLER},
    "stamps.sheets": {GET: SELLER},
    "stamps.sheets_print": {POST: SELLER},
    "stamps.lot": {GET: SELLER},
    "stamps.lot_new": {GET: SELLER},
    "stamps.lot_save": {POST: SELLER},
    "stamps.activate": {GET: SELLER},
    "stamps.activate_save": {POST: SELLER},
    "stamps.void": {GET: SELLER},
    "stamps.void_save": {POST: SELLER},
    # epcis
    "epcis.capture": {POST: CAPTURES},
    "epcis.capture_job": {GET: CAPTURES},
    "epcis.events": {GET: anyone_or_key("epcis:read")},
    "lots.lots": {GET: SELLER},
    "lots.new": {GET: SELLER},
    "lots.new_save": {POST: SELLER},
    "lots.lot": {GET: SELLER},
    "lots.tell": {GET: SELLER},
    "lots.tell_save": {POST: SELLER},
    "lots.answer": {POST: SELLER},
    "lots.wrong": {GET: SELLER},
    "lots.wrong_save": {POST: SELLER},
    # cashier
    "cashier.till": {GET: COLLECTS},
    "cashier.till_ask": {POST: COLLECTS},
    "cashier.asked": {GET: COLLECTS},
    "cashier.code": {POST: COLLECTS},
    "cashier.check": {POST: COLLECTS},
    "cashier.cancel": {POST: COLLECTS},
    "cashier.live_till": {GET: COLLECTS},
    # pay
    "pay.request_page": {GET: payer},
    "pay.choose": {POST: payer},
    "pay.vietqr": {GET: payer},
    "pay.live_request": {GET: payer},
    "pay.returned": {GET: payer},
    "pay.receipt": {GET: payer},
    "pay.receipt_paper": {GET: payer},
    "pay.receipt_check": {GET: payer},
    "v1.create_intent": {POST: keyed},
    "v1.list_intents": {GET: keyed},
    "v1.show_intent": {GET: keyed},
    "v1.modify_intent": {POST: keyed},
    "v1.confirm_intent": {POST: keyed},
    "v1.cancel_intent": {POST: keyed},
    "v1.capture_intent": {POST: keyed},
    "v1.list_charges": {GET: keyed},
    "v1.show_charge": {GET: keyed},
    "v1.list_events": {GET: keyed},
    "v1.show_event": {GET: keyed},
    "v1.nothing_here": {GET: keyed, POST: keyed, "DELETE": keyed},
    "pay_hooks.vnpay": {GET: sender},
    "pay_hooks.sepay": {POST: sender},
    # adoption
    "adoption.dashboard": {GET: anyone},
    "adoption.indicator": {GET: anyone},
    "adoption.television": {GET: anyone},
    "adoption.officer_figures": {GET: OFFICER},
    # desk
    "desk.officer": {GET: OFFICER},
    "desk.cases_page": {GET: PROVINCE},
    "desk.changes_page": {GET: OFFICER},
    "desk.behind_page": {GET: OFFICER},
    "desk.not_yet_page": {GET: OFFICER},
    "adoption_api.indicators": {GET: anyone},
    "adoption_api.observations": {GET: anyone},
    "ngsi.entities": {GET: anyone},
    "ngsi.entity": {GET: anyone},
    "ngsi.refused": {POST: anyone},
    "ngsi.refused_subscription": {POST: anyone},
    "oauth.token": {POST: sender},
}
