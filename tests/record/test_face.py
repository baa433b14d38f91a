"""The public face: every name is there, and nothing else pretends to be."""

from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.entries import Alerted, Defined, StageChanged, VectorLogged
from tests.record.conftest import Begin, only, rows


def test_every_public_name_can_be_had() -> None:
    for name in bv.__all__:
        assert hasattr(bv, name), name
    with pytest.raises(AttributeError, match="no 'nothing'"):
        bv.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_an_ordinary_wandb_script_runs(begin: Begin, tmp_path: Path) -> None:
    import belvedere as wandb

    assert wandb.login()
    run = begin(config={"epochs": 2}, settings=wandb.Settings(console="off"))
    wandb.define_metric("val/*", step_metric="epoch", summary="min")
    for epoch in range(wandb.config["epochs"]):
        wandb.log({"epoch": epoch}, commit=False)
        wandb.log({"val/loss": 1.0 / (epoch + 1)})
    wandb.summary["best"] = 0.5
    wandb.alert(title="done", level="INFO")
    wandb.stage("eval")
    wandb.log_vector("v", [1.0])
    wandb.finish()
    assert [values for step, values in rows(run) if step == 1] == [{"epoch": 1}, {"val/loss": 0.5}]
    assert [len(only(run, kind)) for kind in (Defined, Alerted, StageChanged, VectorLogged)] == [1, 1, 1, 1]
