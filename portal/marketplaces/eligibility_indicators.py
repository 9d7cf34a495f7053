"""The figures of eligible accounts and households, and in which of their cells a household stands."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from portal.bulk import among
from portal.counting import TOTAL, Cell, Counter, Cut, Indicator, pieces
from portal.marketplaces.eligibility_models import Snapshot
from portal.marketplaces.models import ChannelAccount
from portal.onboarding.models import Organisation
from portal.places.homes import homes_at

_ACCOUNTS, _HOUSEHOLDS = "ACC_ELIGIBLE", "HH_ELIGIBLE"
# The last snapshot before the end is the one whose next, if there is one, came later.
_ELIGIBLE = """SELECT h.area_id, {cut} AS cut, COUNT({what}) AS value FROM channel_account a
JOIN organisation o ON o.id = a.organisation_id AND o.kind = 'household'
JOIN eligibility_snapshot s ON s.account_id = a.id AND s.at < :end AND s.eligible
JOIN places_home h ON h.subject_id = o.id AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)
WHERE a.voided_at IS NULL AND NOT EXISTS (SELECT 1 FROM eligibility_snapshot n
  WHERE n.account_id = s.account_id AND n.number = s.number + 1 AND n.at < :end)
GROUP BY h.area_id{by}"""


def _recount(what: str) -> dict[str, str]:
    return {
        TOTAL: _ELIGIBLE.format(cut="'_T'", what=what, by=""),
        "channel": _ELIGIBLE.format(cut="a.channel", what=what, by=", a.channel"),
    }


ACC_ELIGIBLE = Indicator(
    code=_ACCOUNTS,
    version=1,
    name_vi="Tài khoản đủ điều kiện",
    name_en="Eligible accounts",
    definition_vi="Số tài khoản trên sàn của các hộ mà lần xét gần nhất cho thấy đủ điều kiện giao dịch.",
    definition_en="Households' accounts on marketplaces that met the rules of their day when last judged.",
    unit="account",
    kind="S",
    privacy="P5",
    owner="NN",
    source="channel_account, eligibility_snapshot",
    cuts=(Cut("channel", additive=True),),
    moved_by=("eligibility_snapshot.at", "places_home.from_at", "places_home.to_at"),
    recount_sql=_recount("*"),
)
HH_ELIGIBLE = Indicator(
    code=_HOUSEHOLDS,
    version=1,
    name_vi="Hộ đủ điều kiện",
    name_en="Eligible households",
    definition_vi="Số hộ có ít nhất một tài khoản trên sàn đủ điều kiện giao dịch.",
    definition_en="Households with at least one eligible account.",
    unit="household",
    kind="S",
    privacy="P5",
    owner="NN",
    source="channel_account, eligibility_snapshot",
    cuts=(Cut("channel", additive=False),),
    moved_by=("eligibility_snapshot.at", "places_home.from_at", "places_home.to_at"),
    recount_sql=_recount("DISTINCT o.id"),
)
ELIGIBLE_RATE = Indicator(
    code="ELIGIBLE_RATE",
    version=1,
    name_vi="Tỷ lệ đủ điều kiện",
    name_en="Eligible share",
    definition_vi="Số hộ đủ điều kiện chia cho số hộ có tài khoản.",
    definition_en="Eligible households divided by households with an account.",
    unit="%",
    kind="R",
    privacy="R10",
    owner="NN",
    source="HH_ELIGIBLE, HH_ACCOUNT",
    numerator=_HOUSEHOLDS,
    denominator="HH_ACCOUNT",
)
INDICATORS = (ACC_ELIGIBLE, HH_ELIGIBLE, ELIGIBLE_RATE)


class _Eligible:
    """Tells which accounts of a household are eligible."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Do nothing: the seller's own counter has locked its row already."""

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the cells of a household's eligible accounts, at its home."""
        return self.cells_of_many(session, [subject_id], at)

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Do nothing: whoever counts many sellers has locked their rows already."""

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of many households."""
        found: Sums[Cell] = Sums()
        later = aliased(Snapshot)
        for some in pieces(subject_ids):
            query = (
                select(ChannelAccount.organisation_id, ChannelAccount.channel)
                .join(Organisation, Organisation.id == ChannelAccount.organisation_id)
                .join(Snapshot, Snapshot.account_id == ChannelAccount.id)
                .outerjoin(later, (later.account_id == Snapshot.account_id) & (later.number == Snapshot.number + 1))
                .where(
                    among(session, ChannelAccount.organisation_id, some),
                    ChannelAccount.voided_at.is_(None),
                    Organisation.kind == "household",
                    Snapshot.eligible,
                    later.account_id.is_(None),
                )
            )
            channels: dict[str, list[str]] = {}
            for household, channel in session.execute(query):
                channels.setdefault(household, []).append(channel)
            homes = homes_at(session, list(channels), at) if channels else {}
            for household, own in channels.items():
                if household in homes:
                    _add(found, own, homes[household])
        return found


def _add(found: "Sums[Cell]", channels: Sequence[str], area: str) -> None:
    found[_ACCOUNTS, TOTAL, area] += len(channels)
    found[_HOUSEHOLDS, TOTAL, area] += 1
    for channel in set(channels):
        found[_ACCOUNTS, f"channel@{channel}", area] += channels.count(channel)
        found[_HOUSEHOLDS, f"channel@{channel}", area] += 1


COUNTERS: tuple[Counter, ...] = (_Eligible(),)
