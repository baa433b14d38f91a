"""Stages can be told apart without their colour."""

from plotly.graph_objects import scatter3d

from belvedere.figures.stage_marks import in_order, stage_symbol

PIPELINE = ("pretrain", "mid", "sft", "rl")


def test_every_stage_of_the_pipeline_has_a_shape_of_its_own() -> None:
    assert len({stage_symbol(stage) for stage in PIPELINE}) == len(PIPELINE)


def test_every_shape_exists_in_three_dimensions_filled_and_hollow() -> None:
    for stage in (*PIPELINE, "unknown", "mine"):
        for is_hollow in (False, True):
            assert scatter3d.Marker(symbol=stage_symbol(stage, is_hollow=is_hollow)).symbol


def test_stages_are_in_the_order_of_a_pipeline() -> None:
    assert in_order(["rl", "mine", "pretrain", "rl"]) == ["pretrain", "rl", "mine"]
