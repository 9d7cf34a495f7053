"""Every setting, in one table: its name, what it is for, what stands in for it outside production.

`Settings.from_env` reads the environment once and names **every** missing or unfit key at once. Outside production a
missing secret becomes a demo secret, which anybody can compute from this file; production refuses those, the
partners' sandboxes, and a public address without https.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

from portal.gateway_settings import GATEWAY_KEYS, GATEWAYS, gateway_problems
from portal.setting import Key
from portal.setting import demo_secret as demo_secret
from traceability import TraceabilityError, WitnessKey

TEST_CHAIN = "31337"
LOOPBACK = ("http://127.0.0.1", "http://localhost")


class SettingsError(Exception):
    """Say which settings are missing or unfit, all of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The portal cannot start:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = problems


KEYS: tuple[Key, ...] = (
    Key("PORTAL_ENV", "`production`, or `development` (the default, with sandboxes and demo keys)", "development"),
    Key("INSTANCE_DIR", "Folder for the SQLite database, photos and the notary's file", "instance"),
    Key("DATABASE_URL", "SQLAlchemy address of the database; SQLite in the instance folder when empty", ""),
    Key("PUBLIC_URL", "The address people see; https in production", "http://127.0.0.1:8000"),
    Key("PROVINCE", "The province's code among the administrative units; 80, or the loaded demo's, when empty", ""),
    Key("SECRET_KEY", "Signs forms and cookies", secret=True),
    Key("SECRET_KEY_FALLBACKS", "Older values of SECRET_KEY that still verify, separated by commas", ""),
    Key(
        "FIELD_KEY",
        "Encrypts personal columns: `1:hex,2:hex`, the highest writes, all read",
        secret=True,
        versioned=True,
    ),
    Key("INDEX_KEY", "Keys the blind indexes by which encrypted columns are found", secret=True),
    Key(
        "STAMP_ROOT_KEY",
        "Derives every stamp: `1:hex,2:hex`, the highest issues, all verify",
        secret=True,
        versioned=True,
    ),
    Key(
        "LOG_SIGNING_KEY",
        "Signs the log's checkpoints: `1:hex,2:hex`, every version signs",
        secret=True,
        versioned=True,
    ),
    Key("NOTARY_KEY", "Signs the notary's lines: 64 hexadecimal digits", secret=True),
    Key("LOG_ORIGIN", "The log's name, frozen when the log is created; from PUBLIC_URL when empty", ""),
    Key(
        "LOG_WITNESSES",
        "Verifier keys of the witnesses whose cosignatures the checkpoint carries, separated by commas (`docs/log.md`)",
        "",
    ),
    Key(
        "LEDGER_URL",
        "`notary:` (embedded), `notary:/path/to/file`, or EVM nodes (http or https) separated by commas; "
        "the embedded notary runs beside them",
        "notary:",
    ),
    Key("LEDGER_CHAIN_ID", "With EVM nodes: the chain's number; outside production a test node's", ""),
    Key("LEDGER_CONTRACT", "With EVM nodes: the contract's address, as `flask ledger deploy` printed it", ""),
    Key(
        "LEDGER_SENDER_KEY",
        "With EVM nodes: the key of the account that sends, 64 hexadecimal digits or the path of a file with them; "
        "a demo key outside production",
        "",
    ),
    Key("LEDGER_CONFIRMATIONS", "Blocks until an anchor is final, where the chain does not say itself", "12"),
    Key("SANDBOX_URL", "Where the partners' stand-ins listen (never in production)", "http://127.0.0.1:8001"),
    Key("SMS_URL", "The SMS provider's address; the sandbox's when empty", ""),
    Key("SMS_TOKEN", "The SMS provider's key", secret=True),
    Key("VNPAY_URL", "VNPay's payment page; the sandbox's when empty", ""),
    Key("VNPAY_API_URL", "VNPay's query address; the sandbox's when empty", ""),
    Key("VNPAY_TMN_CODE", "The terminal code, 8 characters", "DEMOV210"),
    Key("VNPAY_SECRET", "VNPay's hash secret", secret=True),
    Key("SEPAY_URL", "SePay's statement address; the sandbox's when empty", ""),
    Key("SEPAY_SECRET", "SePay's notice secret", secret=True),
    Key("SEPAY_TOKEN", "SePay's statement token", secret=True),
    *GATEWAY_KEYS,
    Key("POSTMART_URL", "Postmart's interface; the sandbox's when empty", ""),
    Key("POSTMART_TOKEN", "Postmart's token", secret=True),
    Key("POSTMART_WEBHOOK_SECRET", "Signs Postmart's callbacks", secret=True),
    Key("VOSO_URL", "Voso's interface; the sandbox's when empty", ""),
    Key("VOSO_TOKEN", "Voso's token", secret=True),
    Key("VOSO_WEBHOOK_SECRET", "Signs Voso's callbacks", secret=True),
    Key("INVOICE_URL", "The **simulated** issuer of invoices; the sandbox's when empty", ""),
    Key("LGSP_URL", "The operations centre's address; the sandbox's when empty, none in production", ""),
    Key("LGSP_PROFILE", "How the portal signs in there: `A`, `B` or `C` (OAuth 2 form)", "C"),
    Key("LGSP_TOKEN_URL", "Where it signs in; `/token` under LGSP_URL when empty", ""),
    Key("LGSP_CLIENT_ID", "The portal's name there", "cho-so"),
    Key("LGSP_CLIENT_SECRET", "The portal's secret there", secret=True),
    Key("LGSP_ACK", "`body`, or `status` where the centre answers a bare 200", "body"),
    Key("LGSP_FIELDS", "Other names of outgoing fields: `period=ky,value=giaTri`", ""),
    Key("FEED_SIGNING_KEY", "Signs the feed: `1:hex,2:hex`, every version signs", secret=True, versioned=True),
    Key(
        "WEBHOOK_DOMAINS",
        "Domains, with commas, under which payees' systems may be told; in production no other is called",
        "",
    ),
    Key("TRUSTED_PROXY", "Addresses, with commas, whose X-Forwarded-For and -Proto count; nobody's when empty", ""),
    Key("METRICS_TOKEN", "Lets a monitor read /metrics from another address; loopback only when empty", ""),
    Key("HELP_PHONE", "The help number on every page", "1022"),
)
PROVINCE, DEMO_PROVINCE = "80", "demo-province"
_PARTNERS = ("SMS_URL", "VNPAY_URL", "VNPAY_API_URL", "SEPAY_URL", "POSTMART_URL", "VOSO_URL")
_SANDBOX_PATHS = {
    "SMS_URL": "/sms/send", "VNPAY_URL": "/vnpay/pay", "VNPAY_API_URL": "/vnpay/api", "SEPAY_URL": "/sepay/userapi",
    "POSTMART_URL": "/postmart", "VOSO_URL": "/voso", "LGSP_URL": "/ioc", "INVOICE_URL": "/invoices",
    **{address: path for one in GATEWAYS.values() for address, path in one.addresses.items()},
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings of one process, read once; attributes are the keys in lower case."""

    values: Mapping[str, str] = field(repr=False)

    def __getattr__(self, name: str) -> str:
        """Return a setting by its name in lower case."""
        try:
            return self.values[name.upper()]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def production(self) -> bool:
        """Say whether this is a production start."""
        return self.values["PORTAL_ENV"] == "production"

    @property
    def province(self) -> str:
        """Return the province's code: the setting, else that of the demo which was loaded here, else 80."""
        if self.values["PROVINCE"] or self.production:
            return self.values["PROVINCE"] or PROVINCE
        try:
            return (self.instance / DEMO_PROVINCE).read_text("utf-8").strip() or PROVINCE
        except FileNotFoundError:
            return PROVINCE

    @property
    def instance(self) -> Path:
        """Return the instance folder."""
        return Path(self.values["INSTANCE_DIR"]).absolute()

    @property
    def ledger_nodes(self) -> tuple[str, ...]:
        """Return the EVM nodes' addresses, in the order in which they are asked; none with the notary alone."""
        return _ledger_nodes(self.values)

    @property
    def witnesses(self) -> tuple[WitnessKey, ...]:
        """Return the keys of the witnesses whose word on our checkpoints is passed on."""
        return tuple(WitnessKey.parse(text) for text in _parts(self.values["LOG_WITNESSES"]))

    def may_ask_bills(self, address: str) -> bool:
        """Say whether an address may look bills up for KeyPay; where none is named, this machine's stand-in alone."""
        own = () if self.production or self.values["KEYPAY_URL"] else ("127.0.0.1", "::1")
        try:
            asker = ip_address(address)
        except ValueError:
            return False
        if isinstance(asker, IPv6Address) and asker.ipv4_mapped is not None:
            asker = asker.ipv4_mapped
        return any(asker in ip_network(part) for part in _parts(self.values["KEYPAY_BILLS_FROM"]) or own)

    def versioned(self, name: str) -> dict[int, bytes]:
        """Return a `1:hex,2:hex` setting as version → 32 bytes."""
        return parse_versions(self.values[name])

    def partner(self, name: str) -> str:
        """Return a partner's address: the setting, or the sandbox's outside production."""
        return self.values[name] or self.values["SANDBOX_URL"] + _SANDBOX_PATHS[name]

    def has_gateway(self, name: str) -> bool:
        """Say whether a gateway that not everybody has is there: outside production all are, as sandboxes."""
        return not self.production or all(self.values[address] for address in GATEWAYS[name].addresses)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment; raise `SettingsError` that names every missing or unfit key."""
        source = os.environ if env is None else env
        production = source.get("PORTAL_ENV") == "production"
        values: dict[str, str] = {}
        problems: list[str] = []
        for key in KEYS:
            value = source.get(key.name, "").strip()
            unused = production and key.needed_with != "" and not source.get(key.needed_with, "").strip()
            if not value and key.secret and not unused:
                if production:
                    problems.append(f"{key.name} is missing: {key.what}")
                value = key.demo()
            elif key.secret and production and demo_secret(key.name) in value:
                problems.append(f"{key.name} is the demo's: {key.what}")
            values[key.name] = value or key.default or ""
        _finish(values, production=production, problems=problems)
        if problems:
            raise SettingsError(problems)
        return cls(values=values)


def parse_versions(text: str) -> dict[int, bytes]:
    """Parse `1:hex,2:hex`; raise ValueError where a part is not a number and 32 bytes."""
    found: dict[int, bytes] = {}
    for part in text.split(","):
        version, _, digits = part.strip().partition(":")
        key = bytes.fromhex(digits)
        if len(key) != 32 or int(version) < 1 or int(version) in found:
            raise ValueError("each part is a version, a colon and 64 hexadecimal digits")
        found[int(version)] = key
    return found


def _finish(values: dict[str, str], *, production: bool, problems: list[str]) -> None:
    """Derive what depends on other settings and check the forms."""
    if not values["DATABASE_URL"]:
        path = Path(values["INSTANCE_DIR"]).absolute() / "portal.sqlite"
        values["DATABASE_URL"] = f"sqlite:///{path}"
        if production:
            problems.append("DATABASE_URL is missing: production runs on PostgreSQL")
    values["DATABASE_URL"] = values["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    values["LOG_ORIGIN"] = values["LOG_ORIGIN"] or values["PUBLIC_URL"].split("://", 1)[-1].rstrip("/") + "/log"
    checks: dict[str, Callable[[str], Any]] = {key.name: parse_versions for key in KEYS if key.versioned}
    checks["NOTARY_KEY"] = lambda text: parse_versions(f"1:{text}")
    for name, check in checks.items():
        try:
            check(values[name])
        except ValueError:
            problems.append(f"{name} is malformed: 64 hexadecimal digits a key, with versions where it may rotate")
    _finish_ledger(values, production=production, problems=problems)
    _check_lists(values, problems=problems)
    _check_witnesses(values, problems=problems)
    if values["PORTAL_ENV"] not in ("production", "development"):
        problems.append("PORTAL_ENV is neither production nor development")
    if production:
        problems += [
            f"{name} is missing: a sandbox would stand in for the partner" for name in _PARTNERS if not values[name]
        ]
        problems += [
            f"{name} points to a sandbox on this machine" for name in _PARTNERS if values[name].startswith(LOOPBACK)
        ]
        problems += gateway_problems(values, loopback=LOOPBACK)
        if values["INVOICE_URL"]:
            problems.append("INVOICE_URL is given, but the issuer of invoices is a simulation")
        if values["LGSP_URL"].startswith(LOOPBACK):
            problems.append("LGSP_URL points to a sandbox on this machine")
        if not values["PUBLIC_URL"].startswith("https://"):
            problems.append("PUBLIC_URL is not https")
        if values["VNPAY_TMN_CODE"] == "DEMOV210":
            problems.append("VNPAY_TMN_CODE is the demo's: the terminal code, 8 characters")


def _check_lists(values: Mapping[str, str], *, problems: list[str]) -> None:
    if values["LGSP_PROFILE"] not in ("A", "B", "C") or values["LGSP_ACK"] not in ("body", "status"):
        problems.append("LGSP_PROFILE is A, B or C, and LGSP_ACK is body or status")
    if any("=" not in part for part in values["LGSP_FIELDS"].split(",") if part):
        problems.append("LGSP_FIELDS is a list of name=other, separated by commas")
    for name in ("TRUSTED_PROXY", "KEYPAY_BILLS_FROM"):
        try:
            networks = [ip_network(part) for part in _parts(values[name])]
        except ValueError:
            problems.append(f"{name} is a list of addresses or networks, separated by commas")
            continue
        if name == "KEYPAY_BILLS_FROM" and any(network.prefixlen == 0 for network in networks):
            problems.append(f"{name} holds every address there is: nothing else guards the look-up of bills")


def _check_witnesses(values: Mapping[str, str], *, problems: list[str]) -> None:
    for text in _parts(values["LOG_WITNESSES"]):
        try:
            WitnessKey.parse(text)
        except TraceabilityError:
            problems.append(f"LOG_WITNESSES holds what is no witness's verifier key: {text[:60]}")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _ledger_nodes(values: Mapping[str, str]) -> tuple[str, ...]:
    url = values["LEDGER_URL"]
    return () if url.startswith("notary:") else tuple(part.strip() for part in url.split(","))


def _finish_ledger(values: dict[str, str], *, production: bool, problems: list[str]) -> None:
    """Check what an EVM ledger needs. Without a contract nothing is anchored, so that it can be deployed from here."""
    nodes = _ledger_nodes(values)
    if not nodes:
        return
    if not all(node.startswith(("http://", "https://")) for node in nodes):
        problems.append("LEDGER_URL is neither `notary:`, `notary:/path/to/file` nor http addresses with commas")
    if not production:
        values["LEDGER_CHAIN_ID"] = values["LEDGER_CHAIN_ID"] or TEST_CHAIN
        values["LEDGER_SENDER_KEY"] = values["LEDGER_SENDER_KEY"] or demo_secret("LEDGER_SENDER_KEY")
    key = values["LEDGER_SENDER_KEY"]
    if not key or not values["LEDGER_CHAIN_ID"]:
        problems += [
            f"{name} is missing: LEDGER_URL names EVM nodes"
            for name in ("LEDGER_CHAIN_ID", "LEDGER_SENDER_KEY")
            if not values[name]
        ]
    elif production and demo_secret("LEDGER_SENDER_KEY") in key.lower():
        problems.append("LEDGER_SENDER_KEY is the demo's: anybody could send in our name")
    elif "/" not in key and not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", key):
        problems.append("LEDGER_SENDER_KEY is malformed: 64 hexadecimal digits, or the path of a file that holds them")
    if production and values["LEDGER_CHAIN_ID"] == TEST_CHAIN:
        problems.append("LEDGER_CHAIN_ID is a test node's")
    if values["LEDGER_CONTRACT"] and not re.fullmatch(r"0x[0-9a-fA-F]{40}", values["LEDGER_CONTRACT"]):
        problems.append("LEDGER_CONTRACT is malformed: 0x and 40 hexadecimal digits")
    problems += [
        f"{name} is no whole number above 0"
        for name in ("LEDGER_CHAIN_ID", "LEDGER_CONFIRMATIONS")
        if values[name] and (not values[name].isascii() or not values[name].isdigit() or int(values[name]) < 1)
    ]
