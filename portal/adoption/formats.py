"""The same observations as rows of JSON, CSV or SDMX-CSV: what is hidden in one has no value in any."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from portal.adoption.areas import Areas
from portal.adoption.reading import Observation, note_text
from portal.adoption.words import area_label

JSON, CSV = "application/json", "text/csv"
SDMX = "application/vnd.sdmx.data+csv"
KINDS = {"json": JSON, "csv": CSV, "sdmx-csv": SDMX}
CONTENT_TYPES = {JSON: JSON, CSV: f"{CSV}; charset=utf-8", SDMX: f"{SDMX};version=2.0.0;charset=utf-8"}
COLUMNS = (
    "indicator", "cut", "area", "area_name", "period", "frequency", "value", "numerator", "denominator", "unit",
    "status", "revision", "obs_status", "conf_status", "as_of", "note", "deleted",
)  # fmt: skip
SDMX_COLUMNS = (
    "STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "REF_AREA", "INDICATOR", "CUT", "TIME_PERIOD", "OBS_VALUE",
    "OBS_STATUS", "CONF_STATUS", "REVISION", "AS_OF",
)  # fmt: skip
DATAFLOW = "CHOSO:ADOPTION(1.0.0)"


def row_of(one: Observation, areas: Areas) -> dict[str, Any]:
    """Return an observation as JSON and CSV name it."""
    return {
        "indicator": one.indicator.code,
        "cut": one.cut,
        "area": one.area,
        "area_name": area_label(one.area, areas.names),
        "period": one.period.text,
        "frequency": one.period.frequency,
        "value": one.told,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "unit": one.indicator.unit,
        "status": one.status,
        "revision": one.revision,
        "obs_status": one.obs_status,
        "conf_status": one.conf_status,
        "as_of": stamp(one),
        "note": note_text(one.note),
        "deleted": one.deleted,
    }


def stamp(one: Observation) -> str | None:
    """Return when a figure was told, in UTC with microseconds."""
    return one.as_of.isoformat(timespec="microseconds").replace("+00:00", "Z") if one.as_of else None


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as CSV with a header."""
    return _written(COLUMNS, ({name: _cell(value) for name, value in row.items()} for row in rows))


def as_sdmx(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as SDMX-CSV 2.0; what was deleted has its own action and no value."""
    return _written(
        SDMX_COLUMNS,
        (
            {
                "STRUCTURE": "dataflow",
                "STRUCTURE_ID": DATAFLOW,
                "ACTION": "D" if row["deleted"] else "R",
                "FREQ": row["frequency"],
                "REF_AREA": row["area"],
                "INDICATOR": row["indicator"],
                "CUT": row["cut"],
                "TIME_PERIOD": row["period"],
                "OBS_VALUE": _cell(None if row["deleted"] else row["value"]),
                "OBS_STATUS": row["obs_status"],
                "CONF_STATUS": row["conf_status"],
                "REVISION": row["revision"],
                "AS_OF": _cell(row["as_of"]),
            }
            for row in rows
        ),
    )


def _written(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as a CSV says it: empty for none, lower-case words for yes and no."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
