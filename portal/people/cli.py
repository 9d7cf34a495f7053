"""`flask people …`: a first officer, a cashier."""

from typing import Any

import click
from flask import current_app

from portal.acting import Acting
from portal.console import Commands, answer
from portal.db import begin
from portal.people import actions
from portal.people.phones import parse_mobile
from portal.people.roles import ROLES
from portal.world import current_world

people_cli = Commands("people", help="Accounts and roles.")


@people_cli.command("create")
@click.option("--role", required=True, type=click.Choice(sorted(ROLES)))
@click.option("--phone", required=True)
@click.option("--name", default=None)
@click.option("--organisation", default=None, help="The organisation's id, for cashiers and institutions.")
@click.option("--unit", default=None, help="The unit's id (80@20250701), for officers and members.")
@click.option("--duty", "duties", multiple=True, type=click.Choice(["collect", "reconcile", "approve", "read"]))
@click.option("--json", "as_json", is_flag=True)
def create(
    role: str,
    phone: str,
    name: str | None,
    organisation: str | None,
    unit: str | None,
    duties: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a person with a role and print a one-time sign-in link."""
    world = current_world()
    now, acting = world.clock.now(), Acting.system("cli")
    with begin() as session:
        login = actions.login_for(
            session, now=now, acting=acting, phone=parse_mobile(phone), keys=world.field_keys, name=name
        )
        actions.grant_role(
            session,
            now=now,
            acting=acting,
            login_id=login.id,
            role=role,
            organisation_id=organisation,
            unit_id=unit,
            duties=duties,
        )
        token = actions.make_link(session, now=now, acting=acting, login_id=login.id)
    result: dict[str, Any] = {"login": login.id, "role": role, "link": sign_in_link(token)}
    answer(result, as_json=as_json)


def sign_in_link(token: str) -> str:
    """Return the address of a one-time link."""
    settings = current_app.extensions["world"].settings
    return f"{settings.public_url}/sign-in/link/{token}"
