"""The feed on the wire: a batch's bytes, their signature, the token, the call, and what the answer means.

Signed as Standard Webhooks 1.0.0 (v1a, Ed25519), by every key while they rotate. A recipient's answer moves nothing
that it does not name: whatever is not the documented shape is a failure.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.config import Settings
from portal.marketplaces.channels.transport import Answer, call
from portal.marketplaces.errors import ChannelUnreachable

TOTAL_S = 30.0
NOTE_MAX = 200
TOKEN_S = 600
EARLY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try: acknowledged up to `to`, conflict in `conflicts`, refused for good, or failed."""

    kind: str
    note: str = ""
    to: int = 0
    conflicts: tuple[int, ...] = ()
    retry_after_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class Lgsp:
    """How one recipient is reached: address, profile of signing in, keys. The token is kept until it ends."""

    url: str
    token_url: str
    profile: str
    client_id: str
    client_secret: str = field(repr=False)
    keys: Mapping[int, bytes] = field(repr=False)
    ack: str = "body"
    fields: Mapping[str, str] = field(default_factory=dict)
    total_s: float = TOTAL_S
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Lgsp | None":
        """Return the recipient that the settings name, or None without any."""
        url = settings.lgsp_url if settings.production else settings.partner("LGSP_URL")
        if not url:
            return None
        fields = dict(part.split("=", 1) for part in settings.lgsp_fields.split(",") if part)
        return cls(
            url=url.rstrip("/"), token_url=settings.lgsp_token_url or url.rstrip("/") + "/token",
            profile=settings.lgsp_profile, client_id=settings.lgsp_client_id,
            client_secret=settings.lgsp_client_secret, keys=settings.versioned("FEED_SIGNING_KEY"),
            ack=settings.lgsp_ack, fields=fields,
        )  # fmt: skip

    def send(self, batch_id: str, body: bytes, *, prev_seq: int, to_seq: int, now: datetime) -> Outcome:
        """Send one batch; sign in again once where the token is refused. Never raises for what the other side does."""
        try:
            answer = self._post(batch_id, body, now=now)
            if answer.status == 401:
                self.tokens.clear()
                answer = self._post(batch_id, body, now=now)
        except ChannelUnreachable as error:
            return Outcome("failed", f"unreachable: {error.fields.get('reason', '')}"[:NOTE_MAX])
        except ValueError as error:
            return Outcome("failed", f"sign-in: {error}"[:NOTE_MAX])
        return read_answer(answer, batch_id, prev_seq=prev_seq, to_seq=to_seq, ack=self.ack)

    def _post(self, batch_id: str, body: bytes, *, now: datetime) -> Answer:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "cho-so/1",
            **signed(batch_id, body, now=now, keys=self.keys),
            **self._signed_in(now),
        }
        return call("POST", f"{self.url}/observations", headers=headers, body=body, total_s=self.total_s, private=True)

    def _signed_in(self, now: datetime) -> dict[str, str]:
        token, until = self.tokens.get("token", ("", now))
        if until <= now:
            token, lives = self._ask_token(now)
            self.tokens["token"] = (token, now + timedelta(seconds=lives) - EARLY)
        own = {"lgspaccesstoken": self._access()} if self.profile == "A" else {}
        return {"Authorization": f"Bearer {token}", **own}

    def _access(self) -> str:
        said = {
            "AccessKey": self.client_id, "SecretKey": self.client_secret, "AppName": "cho-so", "PartnerCode": "",
            "PartnerCodeCus": "",
        }  # fmt: skip
        return base64.b64encode(json.dumps(said).encode()).decode()

    def _ask_token(self, now: datetime) -> tuple[str, int]:
        """Return a token and how many seconds it lives, by the profile; raise ValueError for any other answer."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        form = {"grant_type": "client_credentials"}
        if self.profile == "A":
            headers["lgspaccesstoken"] = self._access()
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        data = urlencode(form).encode()
        if self.profile == "B":
            headers["Content-Type"] = "application/json"
            data = json.dumps({"username": self.client_id, "password": self.client_secret}).encode()
        answer = call("POST", self.token_url, headers=headers, body=data, total_s=self.total_s, private=True)
        read = _object(answer.body) if answer.status == 200 else {}
        token = read.get("token" if self.profile == "B" else "access_token")
        if not isinstance(token, str) or not token:
            raise ValueError(f"status {answer.status}")
        if self.profile == "B":
            return token, _seconds_until(read.get("expiryDate"), now)
        lives = read.get("expires_in", TOKEN_S)
        return token, lives if isinstance(lives, int) and not isinstance(lives, bool) else TOKEN_S


def _seconds_until(said: Any, now: datetime) -> int:
    """Return how long a token lives that says when it ends; the form of that day is not documented."""
    try:
        until = datetime.fromisoformat(str(said))
        return max(0, int((until - now).total_seconds())) if until.tzinfo else TOKEN_S
    except ValueError:
        return TOKEN_S


def packed(
    batch_id: str, rows: Sequence[Mapping[str, Any]], *, indicator: str, cut: str, unit: str, prev_seq: int,
    fields: Mapping[str, str] | None = None,
) -> tuple[bytes, str]:  # fmt: skip
    """Return a batch's bytes and the hash of its rows; the same rows give the same bytes."""
    renamed = [{(fields or {}).get(name, name): value for name, value in {**row, "unit": unit}.items()} for row in rows]
    digest = hashlib.sha256(_bytes(renamed)).hexdigest()
    body = {
        "batch": batch_id, "indicator": indicator, "cut": cut, "prev_seq": prev_seq, "from_seq": rows[0]["seq"],
        "to_seq": rows[-1]["seq"], "rows_sha256": digest, "rows": renamed,
    }  # fmt: skip
    return _bytes(body), digest


def signed(batch_id: str, body: bytes, *, now: datetime, keys: Mapping[int, bytes]) -> dict[str, str]:
    """Return the three headers; one signature a key, the newest first."""
    at = str(int(now.timestamp()))
    text = f"{batch_id}.{at}.".encode() + body
    signatures = [
        "v1a," + base64.b64encode(Ed25519PrivateKey.from_private_bytes(keys[version]).sign(text)).decode()
        for version in sorted(keys, reverse=True)
    ]
    return {"webhook-id": batch_id, "webhook-timestamp": at, "webhook-signature": " ".join(signatures)}


def _words(body: bytes) -> str:
    """Return what a stranger answered as text that a database keeps."""
    return body.decode(errors="replace").replace("\0", "")


def read_answer(answer: Answer, batch_id: str, *, prev_seq: int, to_seq: int, ack: str) -> Outcome:
    """Return what an answer means; an acknowledgement outside what was sent is a failure."""
    if answer.status == 410:
        return Outcome("refused", "410: the recipient is gone")
    if answer.status == 409:
        return Outcome("gap", _words(answer.body[:NOTE_MAX]))
    if not 200 <= answer.status < 300:
        return Outcome("failed", f"status {answer.status}", retry_after_s=_retry_after(answer.headers))
    if ack == "status":
        return Outcome("acknowledged", to=to_seq)
    read = _object(answer.body)
    to: Any = read.get("acknowledged_to")
    conflicts: Any = read.get("conflicts", [])
    whole = isinstance(to, int) and not isinstance(to, bool) and isinstance(conflicts, list)
    if not whole or read.get("batch") != batch_id or not prev_seq <= to <= to_seq:
        return Outcome("failed", "AckInvalid: " + _words(answer.body[:100]))
    named = [one.get("seq") for one in conflicts if isinstance(one, dict)]
    found = tuple(seq for seq in named if type(seq) is int and prev_seq < seq <= to_seq)
    if conflicts:
        return Outcome("conflict", f"conflict in {len(conflicts)}", to=to, conflicts=found)
    if to == prev_seq:
        return Outcome("failed", "AckInvalid: nothing acknowledged")
    return Outcome("acknowledged", to=to)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
