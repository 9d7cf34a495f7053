"""Figures for Prometheus: published totals, how late the roll-up and the feed are. A view, not the record."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from portal.adoption.areas import Areas
from portal.adoption.backlog import backlog
from portal.adoption.reading import Asked, observe
from portal.counting import TOTAL, Catalogue, oldest_pending, pending_rows
from portal.counting.periods import month_of, parse_period
from portal.db import reading


class AdoptionCollector:
    """Reads the figures when a monitor asks."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing beforehand: at the start there may be no database to ask."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the present month's totals of the province, and what the roll-up and the feed have yet to do."""
        world = self._app.extensions["world"]
        now: datetime = world.clock.now()
        session, catalogue = reading(), self._app.extensions["catalogue"]
        yield GaugeMetricFamily(
            "portal_adoption_pending_rows", "Counts that wait for the roll-up", value=pending_rows(session)
        )
        oldest = oldest_pending(session)
        age = max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0
        yield GaugeMetricFamily("portal_adoption_rollup_age_seconds", "Age of the oldest count that waits", value=age)
        yield from _feed(now)
        yield self._values(catalogue, world.settings.province, now)

    def _values(self, catalogue: Catalogue, province: str, now: datetime) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "portal_adoption_value", "Published figure of the present month", labels=("indicator", "province")
        )
        period = parse_period(month_of(now))
        areas = Areas(reading(), province)
        then = areas.then(period)
        if then is not None:
            asked = [Asked(one, TOTAL, then.id, period, True) for one in catalogue if one.kind != "R"]
            for one in observe(reading(), catalogue, areas, asked):
                if one.value is not None:
                    family.add_metric((one.indicator.code, then.id), one.value)
        return family


def _feed(now: datetime) -> Iterator[GaugeMetricFamily]:
    """Return how far the recipient is behind; nothing before the feed has begun."""
    found = backlog(reading())
    if found is None:
        return
    acknowledged = found.acknowledged_at.timestamp() if found.acknowledged_at is not None else 0.0
    for name, what, value in (
        ("portal_feed_lag_seconds", "Age of the oldest row that is not acknowledged", found.lag_s(now)),
        ("portal_feed_lag_rows", "Rows that are not acknowledged", found.rows),
        ("portal_feed_lanes_held", "Series that wait for a person", found.held),
        ("portal_feed_breaker_open", "1 while the recipient is spared after failures", found.breaker != "closed"),
        ("portal_feed_acknowledged_timestamp_seconds", "When the last batch was acknowledged; 0: never", acknowledged),
    ):
        family = GaugeMetricFamily(name, what, labels=("recipient",))
        family.add_metric((found.recipient,), value)
        yield family


def register_metrics(app: Flask) -> None:
    """Add the figures to what /metrics answers."""
    registry: CollectorRegistry = app.extensions["metrics"]
    registry.register(AdoptionCollector(app))
