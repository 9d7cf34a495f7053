"""`flask adoption client …`: machines that may ask for tokens at /oauth/token. The secret is shown once."""

import click
from sqlalchemy import select

from portal.acting import Acting
from portal.adoption.models import OauthClient
from portal.adoption.oauth import SCOPES, make_client, revoke_client
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.world import current_world

client_cli = Commands("client", help="Machines that pull figures with a token of their own.")


@client_cli.command("make")
@click.argument("client_id")
@click.option("--name", required=True, help="Whose machine it is.")
@click.option("--scope", "scopes", multiple=True, default=SCOPES, show_default=True)
@click.option("--new-secret", is_flag=True, help="For a client that is there: another secret; its tokens end.")
@click.option("--json", "as_json", is_flag=True)
def make(client_id: str, name: str, scopes: tuple[str, ...], new_secret: bool, as_json: bool) -> None:
    """Make a client and print its secret, once; only its hash is kept."""
    now = current_world().clock.now()
    with begin() as session:
        secret = make_client(
            session, now=now, acting=Acting.system("cli"), client_id=client_id, name=name, scopes=scopes,
            renewed=new_secret,
        )  # fmt: skip
    answer({"client_id": client_id, "client_secret": secret, "scope": " ".join(scopes)}, as_json=as_json)


@client_cli.command("revoke")
@click.argument("client_id")
@click.option("--json", "as_json", is_flag=True)
def revoke(client_id: str, as_json: bool) -> None:
    """End a client and its tokens, from the next call on."""
    now = current_world().clock.now()
    with begin() as session:
        revoke_client(session, now=now, acting=Acting.system("cli"), client_id=client_id)
    answer({"client_id": client_id, "revoked": True}, as_json=as_json)


@client_cli.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_(as_json: bool) -> None:
    """List the clients, ended ones too."""
    rows = [
        {"client_id": one.id, "name": one.name, "scope": " ".join(one.scopes), "made_at": one.made_at,
         "revoked_at": one.revoked_at}
        for one in reading().scalars(select(OauthClient).order_by(OauthClient.id))
    ]  # fmt: skip
    answer({"clients": rows}, as_json=as_json)
