"""Every route has a guard, and a stranger meets it."""

from typing import Any

import pytest
from flask import Blueprint

from portal import routes
from portal.guards import install_guards


def test_a_route_without_a_guard_fails_the_start(app: Any) -> None:
    from flask import Flask

    bare = Flask("bare")
    blueprint = Blueprint("loose", __name__)
    blueprint.add_url_rule("/loose", "page", lambda: "x")
    bare.register_blueprint(blueprint)
    with pytest.raises(RuntimeError, match=r"loose\.page GET"):
        install_guards(bare, {"static": routes.GUARDS["static"]})


def test_a_guard_without_a_route_fails_the_start(app: Any) -> None:
    from flask import Flask

    bare = Flask("bare")
    with pytest.raises(RuntimeError, match=r"gone\.page GET"):
        install_guards(bare, {"static": routes.GUARDS["static"], "gone.page": {"GET": routes.GUARDS["static"]["GET"]}})


def test_strangers_get_no_guarded_page(app: Any, client: Any) -> None:
    """Each GET without parameters that needs a role sends a stranger to the sign-in page."""
    seen = 0
    for rule in app.url_map.iter_rules():
        guard = routes.GUARDS[rule.endpoint].get("GET")
        if guard is None or rule.arguments or not (guard.name == "signed in" or guard.name.startswith("role:")):
            continue
        answer = client.get(rule.rule)
        assert answer.status_code in (302, 401), rule
        if answer.status_code == 302:
            assert answer.location.startswith("/sign-in"), rule
        seen += 1
    assert seen >= 5


def test_posts_without_a_token_are_refused(app: Any, client: Any) -> None:
    """Every form of a page with a session wants its token; a payer's wants our own origin."""
    machines = {blueprint.name for blueprint, machine in routes.BLUEPRINTS if machine}
    seen = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()) or rule.endpoint == "site.csp_report":
            continue
        blueprint = rule.endpoint.split(".")[0]
        guard = routes.GUARDS[rule.endpoint]["POST"]
        if blueprint in machines and not guard.name.startswith("anyone, POST"):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(next(part for part in path.split("/") if name in part and "<" in part), "x")
        answer = client.post(path, headers={"Origin": "https://evil.example"})
        if rule.arguments and answer.status_code == 404:  # a converter takes none of these
            continue
        assert answer.status_code in (400, 403), (rule, answer.status_code)
        seen += 1
    assert seen >= 20
