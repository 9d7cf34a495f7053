"""`POST /oauth/token`: machines get a token for their id and secret."""

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from portal.adoption.oauth import OauthError, issue_token
from portal.db import begin
from portal.world import current_world

blueprint = APIBlueprint("oauth", __name__, tag="OAuth 2")


@blueprint.post("/oauth/token")
@blueprint.doc(
    summary="A token for client credentials",
    description="Form: `grant_type=client_credentials`, optional `scope`; id and secret by HTTP Basic or in the form.",
)
def token() -> Response:
    """Answer as RFC 6749 says, errors too; nothing is cached."""
    now = current_world().clock.now()
    try:
        with begin() as session:
            issued = issue_token(
                session, now=now, authorization=request.headers.get("Authorization"), form=request.form.to_dict()
            )
    except OauthError as error:
        answer = jsonify({"error": error.code})
        answer.status_code = error.status
        if error.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="oauth"'
    else:
        answer = jsonify(
            {
                "access_token": issued.token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in,
                "scope": issued.scope,
            }
        )
    answer.headers["Cache-Control"], answer.headers["Pragma"] = "no-store", "no-cache"
    return answer
