"""Who the guards of more than one room ask for, and what a room of routes is made of."""

from flask import Blueprint

from portal.guards import role, scoped

# (blueprint, machine): a machine blueprint carries no session, so no form token is asked of it
Room = tuple[Blueprint, bool]

GET, POST = "GET", "POST"
SELLER = role("household", "seller_staff")
OWNER = role("household")
OFFICER = role("commune_officer", "province_officer")
SELLER_OR_OFFICER = role("household", "seller_staff", "commune_officer", "province_officer")
PROVINCE = role("province_officer")
MEMBER = role("team_member")
SETTLES = role("commune_officer", "province_officer", "team_member")
COLLECTS = role("cashier", duty="collect")
# Which of their duties each act needs stands in the view: a province's officer has none and needs none.
ACCOUNTS = role("institution", "market_manager", "province_officer")
MANAGES = role("institution", "market_manager")
OF_INSTITUTION = role("cashier", "institution", "market_manager")
RECONCILES = role("cashier", "institution", "market_manager", duty="reconcile")
APPROVES = role("cashier", "institution", "market_manager", duty="approve")
CAPTURES = scoped("epcis:capture")
