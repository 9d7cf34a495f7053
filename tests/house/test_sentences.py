"""Every error has a code, every code a status and a sentence in both languages."""

import importlib
import inspect
import pkgutil
from typing import Any

import payments
import portal
import traceability
from payments.errors import PaymentsError
from portal.errors import PortalError
from traceability.errors import TraceabilityError


def _classes() -> set[type]:
    found: set[type] = set()
    for package in (portal, payments, traceability):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.endswith("errors"):
                loaded = importlib.import_module(module.name)
                found |= {
                    one
                    for _, one in inspect.getmembers(loaded, inspect.isclass)
                    if issubclass(one, (PortalError, PaymentsError, TraceabilityError))
                }
    return found


def test_every_error_code_has_a_status_and_a_sentence(app: Any) -> None:
    table = app.extensions["sentences"]
    codes = {one.code for one in _classes() if isinstance(getattr(one, "code", None), str)}
    assert len(codes) > 20
    assert sorted(code for code in codes if code not in table) == []
    for code, (status, _text) in table.items():
        assert status == 200 or 400 <= status < 600, code  # 200: a note or a warning that refuses nothing


def test_every_sentence_has_its_vietnamese(app: Any) -> None:
    from flask import g

    same = []
    for code, (_status, text) in app.extensions["sentences"].items():
        spoken = {}
        for language in ("en", "vi"):
            with app.test_request_context("/"):
                for name in list(g):  # the outer context's `g` remembers the language
                    g.pop(name)
                g.language = language
                spoken[language] = str(text)
        if spoken["en"] == spoken["vi"]:
            same.append(code)
    assert same == []
