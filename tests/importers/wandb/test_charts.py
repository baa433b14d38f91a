"""What wandb.plot says of its charts."""

from belvedere.core.charts import TableChart
from belvedere.importers.wandb.charts import charts_of


def facts(**visualize: object) -> dict[str, object]:
    return {"config": {"visualize": visualize}}


def definition(preset: str, table: str | None, columns: dict[str, object], **words: str) -> dict[str, object]:
    """As the client writes it."""
    key = [{"name": "tableKey", "value": table}] if table else []
    summary = {"name": "summaryTable", "args": key}
    sets = {
        "name": "runSets",
        "args": [{"name": "runSets", "value": "${runSets}"}],
        "fields": [{"name": "id"}, summary],
    }
    query = {"queryFields": [sets]}
    panel = {"panelDefId": preset, "fieldSettings": columns, "stringSettings": words, "userQuery": query}
    return {"panel_type": "Vega2", "panel_config": panel}


def test_a_chart_names_its_table_its_columns_and_its_title() -> None:
    told = definition(
        "wandb/line/v0", "Custom Chart Tables/split_table", {"x": "epoch", "y": "loss", "stroke": None}, title="a"
    )
    assert charts_of(facts(split=told)) == {
        "split": TableChart("line", "Custom Chart Tables/split_table", {"x": "epoch", "y": "loss"}, {"title": "a"})
    }


def test_without_a_table_in_the_query_its_name_is_the_usual_one() -> None:
    told = definition("wandb/confusion_matrix/v1", None, {"Actual": "Actual"})
    assert charts_of(facts(**{"eval/c": told})) == {
        "eval/c": TableChart("confusion_matrix", "eval/c_table", {"Actual": "Actual"})
    }


def test_charts_of_somebody_s_own_and_what_is_none_are_left_out() -> None:
    own = definition("me/mychart", "own_table", {"x": "x"})
    odd = {"a": own, "b": None, "c": {"panel_config": []}, "d": {"panel_config": {"panelDefId": 7}}}
    assert charts_of(facts(**odd)) == {}
    assert charts_of({}) == charts_of({"config": "text"}) == charts_of({"config": {"visualize": [1]}}) == {}


def test_a_query_of_any_depth_and_settings_of_any_type_are_read() -> None:
    query: object = {"name": "tableKey", "value": "deep"}
    for _ in range(1000):
        query = {"fields": [query]}
    panel = {"panelDefId": "wandb/bar/v0", "fieldSettings": 3, "stringSettings": ["x"], "userQuery": query}
    assert charts_of(facts(bar={"panel_config": panel})) == {"bar": TableChart("bar", "deep", {})}
