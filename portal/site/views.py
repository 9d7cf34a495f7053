"""Health, readiness, metrics, the language choice, and the way to the sandboxes."""

from typing import Any

from alembic.script import ScriptDirectory
from flask import Response, current_app, jsonify, redirect, render_template, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.component_samples import shown_components
from portal.db import reading
from portal.errors import NotFound
from portal.i18n import COOKIE, LANGUAGES
from portal.pay.wiring import simulated
from portal.people.signing_in import own_path
from portal.security import csrf
from portal.site import roles
from portal.site.blueprint import blueprint
from portal.site.readiness import degraded
from portal.world import current_world

__all__ = ["blueprint", "roles"]


@blueprint.get("/healthz")
def healthz() -> Any:
    """Say that the process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Any:
    """Say whether database and schema are there; other parts show as degraded, with 200."""
    try:
        found = reading().execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    except SQLAlchemyError:
        return jsonify(status="unready", missing=["database"]), 503
    heads = ScriptDirectory(current_app.extensions["migrate"].directory).get_heads()
    if set(found) != set(heads):
        return jsonify(status="unready", missing=["schema"]), 503
    return jsonify(status="ready", degraded=degraded(reading(), current_world()))


@blueprint.get("/metrics")
def metrics() -> Response:
    """Give Prometheus its figures; for loopback or with the token."""
    return Response(generate_latest(current_app.extensions["metrics"]), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/language/<code>")
def language(code: str) -> Any:
    """Keep the language in a cookie and go back to the page."""
    if code not in LANGUAGES:
        raise NotFound
    answer = redirect(own_path(request.args.get("next")) or "/")
    secure = current_world().settings.public_url.startswith("https://")
    answer.set_cookie(COOKIE, code, max_age=31_536_000, path="/", secure=secure, httponly=True, samesite="Lax")
    return answer


@blueprint.get("/docs")
def docs() -> str:
    """Show the interfaces for machines, from the same description as /openapi.json."""
    spec = current_app.spec  # type: ignore[attr-defined]
    return render_template("site/docs.html", info=spec["info"], paths=spec["paths"])


@blueprint.get("/docs/payments")
def payment_docs() -> str:
    """Lead a developer from nothing to a first payment, one step after the other."""
    world = current_world()
    return render_template(
        "site/payment_docs.html", base=world.settings.public_url.rstrip("/"), simulated=simulated(world.settings)
    )


@blueprint.get("/docs/components")
def components() -> str:
    """Show every component of the pages, outside production."""
    return render_template("components_page.html", **shown_components(with_errors="errors" in request.args))


@blueprint.get("/_sandbox/")
@blueprint.get("/_sandbox/<path:rest>")
def sandbox(rest: str = "") -> Any:
    """Lead to the partners' stand-ins, which are a process of their own."""
    return redirect(
        f"{current_world().settings.sandbox_url}/_sandbox/{rest}" if rest else current_world().settings.sandbox_url
    )


@blueprint.post("/csp-report")
@csrf.exempt
def csp_report() -> Any:
    """Count a browser's report of a broken content policy."""
    current_app.extensions["log"].warning("csp.report")
    return "", 204
