"""Runs of a pipeline from a folder, a server or W&B; the service is a stand-in with the methods of its client."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import belvedere as bv
from belvedere.compat.pipeline_runs import pipeline_runs, stage_in
from belvedere.compat.wandb_history import runs_of
from belvedere.compat.weave_training_visualizer import (
    create_complete_visualization_app,
    main,
    publish_to_weave,
    write_app,
)
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import Needs
from belvedere.figures.render import missing_in

EVERYTHING = Needs(optional=("*",))


class Run:
    """A run as the client of W&B shows it. `history()`, which samples, must not be asked."""

    def __init__(self, name: str, rows: list[dict[str, object]], config: dict[str, object] | None = None) -> None:
        self.id, self.name, self.state, self.group, self.rows = f"id-{name}", name, "finished", None, rows
        self.config, self.summary, self.scans = config or {}, rows[-1] if rows else {}, 0

    def scan_history(self) -> Iterator[dict[str, object]]:
        self.scans += 1
        return iter(self.rows)


class Api:
    """`wandb.Api()` over runs by project."""

    def __init__(self, **projects: list[Run]) -> None:
        self._projects = {name.replace("_", "-"): runs for name, runs in projects.items()}

    def projects(self, entity: str | None) -> list[SimpleNamespace]:
        if entity == "nobody":
            raise ValueError("entity must be passed")
        return [SimpleNamespace(name=name) for name in self._projects]

    def runs(self, path: str) -> list[Run]:
        name = path.rpartition("/")[2]
        if name not in self._projects:
            raise ValueError(f"Could not find project {path}")
        return self._projects[name]


def pretraining(steps: int = 700) -> Run:
    rows: list[dict[str, object]] = [
        {"_step": step, "_timestamp": 1e9 + step, "step": 10 * step, "train/loss": 3.0 / (step + 1), "train/mfu": 40.0,
         "train/tok_per_sec": 1e5, "note": "text"}
        for step in range(steps)
    ]  # fmt: skip
    rows[-1] |= {"mmlu_acc": 0.3, "arc_easy_acc": 0.4, "gsm8k_acc": 0.1, "humaneval_acc": 0.05}
    return Run("base-d20", rows, {"depth": 20, "device_batch_size": 32, "_wandb": {}})


def tuned(name: str = "d20", stage: str | None = None) -> Run:
    rows: list[dict[str, object]] = [
        {"_step": step, "step": step, "train_loss": 1.0, "mmlu_acc": 0.5 + step / 100, "training_stage": stage or None}
        for step in range(3)
    ]
    return Run(name, rows)


def test_all_of_a_history_is_read_once_with_its_own_steps() -> None:
    run = pretraining()
    (held,) = runs_of(Api(nanochat=[run]), "nanochat", None)
    data = held.data(EVERYTHING)
    assert run.scans == 1
    np.testing.assert_array_equal(data.series["train/loss"].steps, 10 * np.arange(700))
    np.testing.assert_allclose(data.series["train/loss"].values[:3], [3.0, 1.5, 1.0])
    assert (len(data.series["mmlu_acc"]), data.series["mmlu_acc"].steps[0]) == (1, 6990)
    assert set(data.series) & {"step", "_step", "note"} == set()
    assert dict(data.config) == {"depth": 20, "device_batch_size": 32}


def test_broken_numbers_come_as_the_words_of_the_service() -> None:
    rows: list[dict[str, object]] = [{"_step": 1, "loss": "NaN"}, {"_step": 0, "loss": "Infinity"}]
    (held,) = runs_of(Api(p=[Run("r", rows)]), "p", None)
    np.testing.assert_array_equal(held.everything.series["loss"].values, [np.inf, np.nan])


def test_the_stages_of_a_pipeline_meet_though_each_is_a_project() -> None:
    api = Api(nanochat=[pretraining()], nanochat_sft=[tuned()], nanochat_rl=[tuned("x", "rl")], other=[tuned()])
    found = [run.data(EVERYTHING) for run in pipeline_runs("nanochat", api=api)]
    told = [(run.project, [stage.name for stage in run.stages], run.config.get("training_stage")) for run in found]
    assert told == [("nanochat", ["pretrain"], None), ("nanochat-rl", [], "rl"), ("nanochat-sft", ["sft"], None)]


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("chat-rl-7", "rl"), ("hello world", ""), ("early", ""), ("base_d20", "pretrain"), ("grpo", "rl"),
        ("nanochat-mid", "mid"), ("mid-then-sft", "sft"), ("", ""),
    ],
)  # fmt: skip
def test_a_stage_is_a_whole_word(name: str, stage: str) -> None:
    assert stage_in(name) == stage


def test_four_figures_are_drawn_and_no_score_is_made_up() -> None:
    api = Api(nanochat=[pretraining()], nanochat_sft=[tuned()])
    app = create_complete_visualization_app("nanochat", api=api)
    assert {name: figure.layout.height for name, figure in app.items()} == dict.fromkeys(
        ("trajectory_3d", "hyperparameter_space", "performance_landscape", "multi_metric_3d"), 800
    )
    markers = [
        trace for trace in app["trajectory_3d"].data if trace.mode == "markers" and trace.name in ("pretrain", "sft")
    ]
    heights = {trace.name: [float(z) for z in trace.z if np.isfinite(z)] for trace in markers}
    np.testing.assert_allclose(heights["pretrain"], [0.3], rtol=1e-6)
    np.testing.assert_allclose(heights["sft"], [0.5, 0.51, 0.52], rtol=1e-6)
    assert not missing_in(app["performance_landscape"])


def test_what_was_never_logged_is_said_in_its_place(tmp_path: Path) -> None:
    app = create_complete_visualization_app("p", api=Api(p=[Run("empty", [])]))
    assert missing_in(app["trajectory_3d"]).startswith("Loss and accuracy are not both there")
    page = write_app(app, tmp_path / "x.html", project_name="<script>alert(1)</script>").read_text(encoding="utf-8")
    assert "<script>alert" not in page


def test_an_unknown_project_names_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFound, match="no project 'nano'; there is: nanochat, other"):
        pipeline_runs("nano", api=Api(nanochat=[], other=[]))
    assert main(["--project", "nano", "--source", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "weave_training_visualizer: no project 'nano'; there is: none\n"
    with pytest.raises(NotFound, match="project 'me/gone' cannot be read from W&B: Could not find project me/gone"):
        runs_of(Api(), "gone", "me")


def test_what_the_client_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="cannot be listed: entity must be passed; pass --entity NAME"):
        create_complete_visualization_app("p", entity="nobody", api=Api(p=[]))

    class Error(Exception):
        pass

    def refuse() -> None:
        raise Error("no key")

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Api=refuse, errors=SimpleNamespace(Error=Error)))
    with pytest.raises(UsageError, match="W&B cannot be asked: no key; run `wandb login`"):
        create_complete_visualization_app("p", source="wandb")


def test_a_folder_is_read_and_a_page_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    run = bv.init(project="nanochat-sft", dir=tmp_path, console=False, hardware=False)
    for step in range(3):
        run.log({"train/loss": 1.0, "val/accuracy": 0.5}, step)
    run.finish()
    (found,) = pipeline_runs("nanochat", source=str(tmp_path))
    assert [stage.name for stage in found.data(EVERYTHING).stages] == ["sft"]
    words = [
        "--project",
        "nanochat",
        "--source",
        str(tmp_path),
        "-o",
        str(tmp_path / "no" / "x.html"),
        "--theme",
        "dark",
    ]
    assert main(words) == 2
    assert "cannot be written to" in capsys.readouterr().err


def test_without_the_packages_of_wandb_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.setitem(sys.modules, "weave", None)
    with pytest.raises(UsageError, match="pip install wandb; or pass --source DIR"):
        create_complete_visualization_app("nanochat", source="wandb")
    with pytest.raises(UsageError, match="pip install weave"):
        publish_to_weave({}, "nanochat")


def test_weave_gets_plotly_json(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    published: dict[str, dict[str, str]] = {}
    weave = SimpleNamespace(init=told.append, publish=lambda value, name: published.update({name: value}))
    monkeypatch.setitem(sys.modules, "weave", weave)
    publish_to_weave(create_complete_visualization_app("p", api=Api(p=[tuned()])), "p")
    assert told == ["p"]
    assert "data" in json.loads(published["training-3d"]["trajectory_3d"])
