"""Chợ Số, the portal: read `create_app` from top to bottom and you have seen it."""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask import Response, request
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from prometheus_client import CollectorRegistry, Counter
from whitenoise import WhiteNoise

from payments.errors import PaymentsError
from portal import subjects
from portal.cli import register_commands
from portal.config import Settings
from portal.counting import Catalogue, watch
from portal.db import configure_engine, db
from portal.errors import register_errors
from portal.guards import install_guards
from portal.i18n import register_i18n
from portal.logs import configure_logs
from portal.packing import packed
from portal.people.sessions import RowSessions
from portal.people.signing_in import to_sign_in
from portal.routes import BLUEPRINTS, GUARDS
from portal.security import believe_proxy, csrf, register_security
from portal.wiring import make_world
from portal.world import World
from traceability.errors import TraceabilityError

HERE = Path(__file__).parent


def create_app(settings: Settings | None = None, *, world: World | None = None) -> APIFlask:
    """Build the portal from its settings; raise `SettingsError` that names every setting that is missing or unfit."""
    settings = settings or (world.settings if world else Settings.from_env())
    settings.instance.mkdir(parents=True, exist_ok=True)
    app = APIFlask(__name__, title="Chợ Số", version="1", docs_path=None, spec_path="/openapi.json", json_errors=False)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "pool_timeout": 5}
        if "sqlite" not in settings.database_url
        else {},
        BOOTSTRAP_SERVE_LOCAL=True,
        OPENAPI_VERSION="3.1.0",
    )
    app.extensions["log"] = configure_logs().bind()  # bound once, not for every line
    app.extensions["metrics"] = registry = CollectorRegistry()
    app.extensions["http_requests"] = Counter(
        "portal_http_requests", "Requests by route and status", ["route", "status"], registry=registry
    )

    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine)
    catalogue = Catalogue(
        subjects.indicators(), subjects.counters(), subjects.cut_values(), subjects.counted_rows(), subjects.settle
    )
    db.session.session_factory.configure(info={"audit_key": bytes.fromhex(settings.index_key), "catalogue": catalogue})
    watch(db.session.session_factory)
    Migrate(app, db, directory=str(HERE.parent / "migrations"), render_as_batch=False)

    app.extensions["world"] = world = world or make_world(settings)
    app.extensions["catalogue"] = catalogue
    app.extensions["steps"] = subjects.steps()
    app.extensions["queues"] = subjects.queues()
    app.extensions["act_words"], app.extensions["case_words"] = subjects.act_words(), subjects.case_words()

    app.session_interface = RowSessions(world=world)
    _static_files(app, settings)
    register_security(app, settings)
    register_i18n(app)
    Bootstrap5(app)
    app.after_request(_compressed)
    register_errors(app, subjects.sentences(), (TraceabilityError, PaymentsError), to_sign_in=to_sign_in)
    for blueprint, machine in BLUEPRINTS:
        app.register_blueprint(blueprint)
        if machine:  # no session, so no token: they hold a key, sign, or are checked by origin
            csrf.exempt(blueprint)
    subjects.register_context(app)
    register_commands(app)
    install_guards(app, GUARDS)
    believe_proxy(app, settings)
    return app


@lru_cache(maxsize=8)
def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _compressed(answer: Response) -> Response:
    """Compress Bootstrap's files: a page's first load is mostly these, and they hold nobody's secret."""
    if request.endpoint != "bootstrap.static" or answer.status_code != 200:
        return answer
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0 and answer.mimetype in ("text/css", "text/javascript"):
        answer.direct_passthrough = False
        answer.set_data(_gzipped(answer.get_data()))
        answer.content_encoding = "gzip"
    return answer


def _static_files(app: Any, settings: Settings) -> None:
    """Serve static files packed, fingerprinted by query, with long caches, from the app itself."""
    root = packed(HERE / "static", instance=settings.instance)
    noise = WhiteNoise(app.wsgi_app, root=root, prefix="static/", max_age=31_536_000)
    app.wsgi_app = noise
