"""What `wandb.plot` says of its charts. A chart is a table in the log and a definition in the config, `visualize`:

{key: {"panel_config": {"panelDefId": "wandb/line/v0", "fieldSettings": {"x": column}, "stringSettings": {"title":
…}, "userQuery": {… {"name": "tableKey", "value": the key of the table} …}}}}
"""

import re
from collections.abc import Iterator, Mapping

from belvedere.core.charts import TableChart

PRESET = re.compile(r"wandb/([a-z_-]+)/v\d+")  # others are drawn by a description that only W&B's own service has
TABLE_KEY = "tableKey"


def charts_of(facts: Mapping[str, object]) -> dict[str, TableChart]:
    """Key of the chart -> the chart, from W&B's facts of a run; those of a kind of somebody's own are left out."""
    config = facts.get("config")
    told = config.get("visualize") if isinstance(config, Mapping) else None
    if not isinstance(told, Mapping):
        return {}
    found = ((str(key), _chart(str(key), definition)) for key, definition in told.items())
    return {key: chart for key, chart in found if chart is not None}


def _chart(key: str, definition: object) -> TableChart | None:
    panel = definition.get("panel_config") if isinstance(definition, Mapping) else None
    if not isinstance(panel, Mapping):
        return None
    preset = PRESET.fullmatch(str(panel.get("panelDefId")))
    if preset is None:
        return None
    table = next(_table_keys(panel.get("userQuery")), f"{key}_table")
    return TableChart(preset[1], table, _texts(panel.get("fieldSettings")), _texts(panel.get("stringSettings")))


def _texts(told: object) -> dict[str, str]:
    pairs = told.items() if isinstance(told, Mapping) else ()
    return {str(name): text for name, text in pairs if isinstance(text, str) and text}


def _table_keys(query: object) -> Iterator[str]:
    """The query is a tree of fields, some with arguments."""
    waiting = [query]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            if one.get("name") == TABLE_KEY and isinstance(one.get("value"), str):
                yield str(one["value"])
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
