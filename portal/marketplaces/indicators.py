"""The figures that this subject owns, and in which cells a seller or a channel stands."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.counting import TOTAL, Cell, Counter, Cut, Indicator, pieces
from portal.marketplaces.models import ChannelAccount, ChannelLinkState, ChannelSwitch, Listing, ListingLive
from portal.marketplaces.switches import channel_of
from portal.onboarding.models import Organisation
from portal.places.homes import home_at, homes_at

_LIST = """listing_live s JOIN listing l ON l.id = s.listing_id
JOIN places_home h ON h.subject_id = l.organisation_id AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)
{more}WHERE s.from_at < :end AND (s.to_at IS NULL OR s.to_at >= :end)"""
_ACC = """channel_account a JOIN organisation o ON o.id = a.organisation_id AND o.kind = 'household'
JOIN places_home h ON h.subject_id = o.id AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)
WHERE a.created_at < :end AND a.voided_at IS NULL"""
_KIND = "JOIN organisation o ON o.id = l.organisation_id\n"


def _recount(value: str, source: str, cut: str = "'_T'") -> str:
    by = "h.area_id" if cut == "'_T'" else f"h.area_id, {cut}"
    return f"SELECT h.area_id, {cut} AS cut, {value} AS value FROM {source} GROUP BY {by}"  # noqa: S608  own constants


def _listed(value: str, *, kind: bool = False) -> dict[str, str]:
    plain = _LIST.format(more="")
    cuts = {TOTAL: _recount(value, plain)} | {
        name: _recount(value, plain, column) for name, column in (("channel", "l.channel"), ("sector", "s.sector"))
    }
    return cuts | ({"kind": _recount(value, _LIST.format(more=_KIND), "o.kind")} if kind else {})


def _sellers(value: str) -> dict[str, str]:
    """Return the texts of how much each seller contributes, for the total and for each cut."""
    plain = _LIST.format(more="")
    texts = {}
    for dimension, column in ((TOTAL, "'_T'"), ("channel", "l.channel"), ("sector", "s.sector")):
        by = "h.area_id" if dimension == TOTAL else f"h.area_id, {column}"
        texts[dimension] = (
            f"SELECT h.area_id, {column} AS cut, l.organisation_id AS contributor, {value} AS value "  # noqa: S608  own
            f"FROM {plain} GROUP BY {by}, l.organisation_id"
        )
    return texts


SELLER_ACTIVE = Indicator(
    code="SELLER_ACTIVE",
    version=1,
    name_vi="Người bán đang hoạt động",
    name_en="Active sellers",
    definition_vi="Số hộ, hợp tác xã và doanh nghiệp có ít nhất một sản phẩm mà sàn xác nhận đang bày bán.",
    definition_en="Households, cooperatives, enterprises with at least one product that a marketplace shows on sale.",
    unit="seller",
    kind="S",
    privacy="P5",
    owner="CT",
    source="listing, listing_live",
    cuts=(Cut("channel", additive=False), Cut("sector", additive=False), Cut("kind", additive=True)),
    moved_by=("listing_live.from_at", "listing_live.to_at", "places_home.from_at", "places_home.to_at"),
    recount_sql=_listed("COUNT(DISTINCT l.organisation_id)", kind=True),
)
PRODUCT_LISTED = Indicator(
    code="PRODUCT_LISTED",
    version=2,
    name_vi="Sản phẩm đang bán",
    name_en="Listed products",
    definition_vi="Số sản phẩm mà ít nhất một sàn xác nhận đang bày bán.",
    definition_en="Products that at least one marketplace shows on sale.",
    unit="product",
    kind="S",
    privacy="DOM",
    owner="CT",
    source="listing, listing_live",
    cuts=(Cut("channel", additive=False), Cut("sector", additive=True)),
    moved_by=("listing_live.from_at", "listing_live.to_at", "places_home.from_at", "places_home.to_at"),
    recount_sql=_listed("COUNT(DISTINCT l.product_id)"),
    contributors_sql=_sellers("COUNT(DISTINCT l.product_id)"),
)
LISTING = Indicator(
    code="LISTING",
    version=2,
    name_vi="Lượt niêm yết",
    name_en="Listings",
    definition_vi="Số cặp sản phẩm và sàn đang bày bán; một sản phẩm trên hai sàn là hai lượt.",
    definition_en="Pairs of product and marketplace on sale; one product on two marketplaces is two.",
    unit="listing",
    kind="S",
    privacy="DOM",
    owner="CT",
    source="listing, listing_live",
    cuts=(Cut("channel", additive=True), Cut("sector", additive=True)),
    moved_by=("listing_live.from_at", "listing_live.to_at", "places_home.from_at", "places_home.to_at"),
    recount_sql=_listed("COUNT(*)"),
    contributors_sql=_sellers("COUNT(*)"),
)
HH_ACCOUNT = Indicator(
    code="HH_ACCOUNT",
    version=2,
    name_vi="Hộ có tài khoản",
    name_en="Households with an account",
    definition_vi="Số hộ mà ít nhất một sàn đã xác nhận có tài khoản, tính dồn đến hết kỳ.",
    definition_en="Households for which at least one marketplace said that their account exists, to date.",
    unit="household",
    kind="C",
    privacy="P5",
    owner="NN",
    source="channel_account",
    cuts=(Cut("channel", additive=False), Cut("assisted_by", additive=True)),
    moved_by=("channel_account.created_at", "places_home.from_at", "places_home.to_at"),
    recount_sql={
        TOTAL: _recount("COUNT(DISTINCT o.id)", _ACC),
        "channel": _recount("COUNT(DISTINCT o.id)", _ACC, "a.channel"),
        "assisted_by": _recount("COUNT(DISTINCT o.id)", _ACC, "o.assisted_by"),
    },
)
MARKETPLACE_CONN = Indicator(
    code="MARKETPLACE_CONN",
    version=1,
    name_vi="Sàn kết nối",
    name_en="Connected marketplaces",
    definition_vi="Số sàn thương mại điện tử có kết nối đang hoạt động; sàn mô phỏng chỉ được tính trong bản thử.",
    definition_en="Marketplaces with a working link; simulations are counted in the demo only.",
    unit="platform",
    kind="S",
    privacy="-",
    owner="CT",
    source="channel_link_state",
    province_only=True,
    moved_by=("channel_link_state.from_at", "channel_link_state.to_at", "places_home.from_at", "places_home.to_at"),
    recount_sql={
        TOTAL: _recount(
            "COUNT(DISTINCT s.channel)",
            """channel_link_state s JOIN places_home h ON h.subject_id = 'channel:' || s.channel
  AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)
WHERE s.state = 'up' AND s.from_at < :end AND (s.to_at IS NULL OR s.to_at >= :end)""",
        )
    },
)

INDICATORS = (SELLER_ACTIVE, PRODUCT_LISTED, LISTING, HH_ACCOUNT, MARKETPLACE_CONN)


class _Goods(NamedTuple):
    """One product on sale on one marketplace, with its sector there."""

    channel: str
    sector: str
    product_id: str


class _Seller:
    """Tells what a seller has on sale where, and on which marketplaces a household has an account."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the organisation's row; a subject of another kind has none."""
        session.execute(select(Organisation.id).where(Organisation.id == subject_id).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the cells in which a seller stands now, at its home."""
        seller = session.get(Organisation, subject_id)
        home = home_at(session, subject_id, at) if seller is not None else None
        if seller is None or home is None:
            return {}
        goods = _goods(session, [subject_id]).get(subject_id, [])
        return _on_sale(seller.kind, goods, home.area_id) | _accounts(session, seller, home.area_id)

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the rows of many organisations, in one order."""
        for some in pieces(subject_ids):
            own = select(Organisation.id).where(among(session, Organisation.id, some)).order_by(Organisation.id)
            session.execute(own.with_for_update())

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of many sellers, in four statements a thousand."""
        found: Sums[Cell] = Sums()
        for some in pieces(subject_ids):
            homes = homes_at(session, some, at)
            goods = _goods(session, some)
            kinds = select(Organisation.id, Organisation.kind).where(among(session, Organisation.id, goods))
            for seller_id, kind in session.execute(kinds):
                if seller_id in homes:
                    found.update(_on_sale(kind, goods[seller_id], homes[seller_id]))
            accounts: dict[tuple[str, str], set[str]] = {}
            for organisation_id, assisted_by, channel in session.execute(_existing(session, some)):
                accounts.setdefault((organisation_id, assisted_by), set()).add(channel)
            for (organisation_id, assisted_by), channels in accounts.items():
                area = homes.get(organisation_id)
                if area is not None:
                    cuts = (TOTAL, f"assisted_by@{assisted_by}", *(f"channel@{channel}" for channel in channels))
                    found.update([("HH_ACCOUNT", cut, area) for cut in cuts])
        return found


def _goods(session: Session, organisation_ids: Sequence[str]) -> dict[str, list[_Goods]]:
    """Return what sellers have on sale; one that has nothing anywhere is left out."""
    query = (
        select(Listing.organisation_id, Listing.channel, ListingLive.sector, Listing.product_id)
        .join(ListingLive, ListingLive.listing_id == Listing.id)
        .where(among(session, Listing.organisation_id, organisation_ids), ListingLive.to_at.is_(None))
    )
    found: dict[str, list[_Goods]] = {}
    for seller_id, *goods in session.execute(query):
        found.setdefault(seller_id, []).append(_Goods(*goods))
    return found


def _on_sale(kind: str, goods: Sequence[_Goods], area: str) -> dict[Cell, int]:
    products: dict[str, list[str]] = {}
    for one in goods:
        for cut in (TOTAL, f"channel@{one.channel}", f"sector@{one.sector}"):
            products.setdefault(cut, []).append(one.product_id)
    cells: dict[Cell, int] = {}
    for cut, found in products.items():
        cells["LISTING", cut, area] = len(found)
        cells["PRODUCT_LISTED", cut, area] = len(set(found))
        cells["SELLER_ACTIVE", cut, area] = 1
    if products:
        cells["SELLER_ACTIVE", f"kind@{kind}", area] = 1
    return cells


def _accounts(session: Session, seller: Organisation, area: str) -> dict[Cell, int]:
    query = select(ChannelAccount.channel).where(
        ChannelAccount.organisation_id == seller.id,
        ChannelAccount.created_at.is_not(None),
        ChannelAccount.voided_at.is_(None),
    )
    channels = session.scalars(query).all() if seller.kind == "household" else ()
    cells: dict[Cell, int] = {("HH_ACCOUNT", f"channel@{channel}", area): 1 for channel in channels}
    if cells:
        cells["HH_ACCOUNT", TOTAL, area] = cells["HH_ACCOUNT", f"assisted_by@{seller.assisted_by}", area] = 1
    return cells


def _existing(session: Session, organisation_ids: Sequence[str]) -> Select[str, str, str]:
    """Return the query of the accounts of households that exist: (household, who helped it, channel)."""
    return (
        select(ChannelAccount.organisation_id, Organisation.assisted_by, ChannelAccount.channel)
        .join(Organisation, Organisation.id == ChannelAccount.organisation_id)
        .where(
            Organisation.kind == "household",
            among(session, ChannelAccount.organisation_id, organisation_ids),
            ChannelAccount.created_at.is_not(None),
            ChannelAccount.voided_at.is_(None),
        )
    )


class _Channel:
    """Tells whether a channel, the subject `channel:<code>`, is connected."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the channel's switch; a subject of another kind has none."""
        if channel := channel_of(subject_id):
            session.execute(select(ChannelSwitch.channel).where(ChannelSwitch.channel == channel).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the channel's cell while its link is up."""
        if not channel_of(subject_id):
            return {}
        up = select(ChannelLinkState.id).where(
            ChannelLinkState.channel == channel_of(subject_id),
            ChannelLinkState.state == "up",
            ChannelLinkState.to_at.is_(None),
        )
        home = home_at(session, subject_id, at) if session.scalar(up) is not None else None
        return {("MARKETPLACE_CONN", TOTAL, home.area_id): 1} if home is not None else {}

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the switches among many subjects."""
        for subject_id in _channels_of(subject_ids):
            self.lock(session, subject_id)

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of the channels among many subjects."""
        found: Sums[Cell] = Sums()
        for subject_id in _channels_of(subject_ids):
            found.update(self.cells(session, subject_id, at))
        return found


def _channels_of(subject_ids: Sequence[str]) -> list[str]:
    return [one for one in subject_ids if channel_of(one)]


COUNTERS: tuple[Counter, ...] = (_Seller(), _Channel())
