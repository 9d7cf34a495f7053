"""How the Stripe-shaped face answers: checked first, each idempotency key carried out once, errors as JSON."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from payments.v1 import VERSION, idempotency
from payments.v1.errors import ApiError, Failed, LockTimeout, RateLimited
from payments.v1.events import By
from payments.v1.form import read_form
from payments.v1.idempotency import Asked, Claimed
from payments.v1.intents import Caller
from payments.v1.parameters import Table, check
from payments.v1.shapes import Shape
from portal.db import begin, is_lock_timeout
from portal.limits import KEY_WRITES
from portal.world import current_world

Work = Callable[[Session], Shape]


def caller() -> Caller:
    """Return whose key came with this request."""
    found: Caller = g.caller
    return found


def by() -> By:
    """Return what an event says of its cause."""
    return By(_request_id(), request.headers.get("Idempotency-Key") or None)


def values(table: Table) -> dict[str, Any]:
    """Read and check this request's parameters, from the body of a POST and else from the address."""
    raw = request.get_data() if request.method == "POST" else request.query_string
    return check(read_form(raw), table)


def once(work: Work, *, told_once: str | None = None) -> Response:
    """Do the work in one transaction, with its answer kept under the request's idempotency key.

    What stands under `told_once` is in the first answer alone: it is not kept.
    """
    one = _asked()
    with _failure_kept(one):
        claimed = False
        try:
            with begin() as session:
                if one is not None and (known := _claim(session, one)).status is not None:
                    return replayed(known)
                claimed = True
                shape = work(session)
                answer = _kept(session, one, 200, {name: shape[name] for name in shape if name != told_once})
                return answer if told_once is None else _answer(200, _text(shape))
        except ApiError as error:
            if one is None or not claimed:
                raise
            return _refusal_kept(one, error)


def once_in_steps(
    first: Callable[[Session, str | None], str], then: Callable[[str], None], last: Callable[[Session, str], Shape]
) -> Response:
    """Do what calls a gateway, in three steps that each know the object's id.

    `first` commits with the key's claim; it is given the id that a run which broke off has noted. `then` has no
    transaction of its own. `last` makes the answer and commits with it.
    """
    one = _asked()
    with _failure_kept(one):
        with begin() as session:
            claimed = _claim(session, one) if one is not None else Claimed()
            if claimed.status is not None:
                return replayed(claimed)
            made = first(session, claimed.made)
            if one is not None:
                idempotency.note_made(session, one, made)
        try:
            then(made)
        except ApiError as error:  # something was made by now, so this answer is kept too
            with begin() as session:
                return _kept(session, one, error.status, error.body())
        with begin() as session:
            return _kept(session, one, *_tried(session, lambda inner: last(inner, made)))


def replayed(known: Claimed) -> Response:
    """Give an answer again."""
    answer = _answer(known.status or 200, known.body)
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def told(shape: Shape) -> Response:
    """Answer a reading."""
    return _answer(200, _text(shape))


def refused(error: ApiError) -> Response:
    """Answer a refusal in the face's own shape."""
    answer = _answer(error.status, _text(error.body()))
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="v1"'
    if isinstance(error, LockTimeout):
        answer.headers["Stripe-Should-Retry"] = "true"
    if isinstance(error, RateLimited):
        answer.headers["Retry-After"] = str(KEY_WRITES.seconds_left())
    return answer


def _kept(session: Session, one: Asked | None, status: int, shape: Shape) -> Response:
    body = _text(shape)
    if one is not None:
        idempotency.finish(session, one, status=status, body=body)
    return _answer(status, body)


def _refusal_kept(one: Asked, error: ApiError) -> Response:
    """Keep a refusal like any other answer, once what was begun is undone; who came between has answered."""
    with begin() as session:
        known = _claim(session, one)
        return replayed(known) if known.status is not None else _kept(session, one, error.status, error.body())


def _tried(session: Session, work: Work) -> tuple[int, Shape]:
    """Do the work, all or nothing; a refusal is an answer that is kept like any other."""
    try:
        with session.begin_nested():
            return 200, work(session)
    except ApiError as error:
        return error.status, error.body()


@contextmanager
def _failure_kept(one: Asked | None) -> Iterator[None]:
    """Keep a fault of ours under the key, so that a repetition is told the same and does nothing twice."""
    try:
        yield
    except ApiError:
        raise
    except Exception as error:
        if isinstance(error, OperationalError) and is_lock_timeout(error):
            _release(one)
            raise LockTimeout("Somebody else changes this just now. Send the same request again.") from error
        current_app.extensions["log"].error("request.failed", error=type(error).__name__, exc_info=error)
        failed = Failed("Something went wrong on our side. Ask for the object before you try again with another key.")
        if one is not None:
            with begin() as session:
                now = current_world().clock.now()
                idempotency.fail(session, one, status=failed.status, body=_text(failed.body()), now=now)
        raise failed from error


def _release(one: Asked | None) -> None:
    """Let the key be used again at once: what its first step has committed, the repetition goes on with."""
    if one is not None:
        with suppress(OperationalError), begin() as session:
            idempotency.release(session, one, now=current_world().clock.now())


def _asked() -> Asked | None:
    return idempotency.asked(
        account=caller().payee_id, key=request.headers.get("Idempotency-Key"), path=request.path,
        raw=request.get_data(),
    )  # fmt: skip


def _claim(session: Session, one: Asked) -> Claimed:
    return idempotency.claim(session, one, now=current_world().clock.now())


def _request_id() -> str:
    return f"req_{g.request_id}"


def _text(shape: Shape) -> str:
    return json.dumps(shape, ensure_ascii=False)


def _answer(status: int, body: str) -> Response:
    answer = Response(body, status=status, mimetype="application/json")
    answer.headers["Request-Id"], answer.headers["Stripe-Version"] = _request_id(), VERSION
    answer.headers["Cache-Control"] = "no-store"
    if key := request.headers.get("Idempotency-Key"):
        answer.headers["Idempotency-Key"] = key
    if status >= 500:
        answer.headers["Stripe-Should-Retry"] = "false"
    return answer
