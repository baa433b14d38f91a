"""The dashboard of a training loop of one's own, as documents of such loops use it."""

import json
import math
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.compat.visualization_manager import TrainingConfig, TrainingMetrics, VisualizationManager
from belvedere.core.errors import UsageError
from belvedere.live.chart_messages import Chart, Row, Text
from belvedere.live.chart_process import Charts
from belvedere.live.history import read
from belvedere.store.store import open_store

DEADLINE_SECS = 90.0


@dataclass
class ChunkConfig(TrainingConfig):
    """A trainer's own configuration, with the additions for its dashboards."""

    max_chunks: int = 5
    tokens_per_chunk: int = 1024


class ChunkTrainer:
    """A small trainer with the shape of the document's: chunks of texts, metrics and a sample for each step."""

    def __init__(self, config: ChunkConfig) -> None:
        self.config = config
        self.viz = VisualizationManager(config.viz_dir, viz_interval=config.viz_interval)
        self.step_times: deque[float] = deque(maxlen=100)

    def train_on_chunk(self, texts: list[str]) -> tuple[float, float, str, str]:
        return 1.0 / len(texts), 0.25, texts[0], texts[-1]

    def train(self) -> None:
        for step in range(1, self.config.max_chunks + 1):
            loss, accuracy, given, said = self.train_on_chunk(["a text"] * step)
            metrics = TrainingMetrics(
                step=step, loss=loss, accuracy=accuracy, tokens_per_sec=1000.0, gpu_memory_mb=0.0, learning_rate=1e-3,
                timestamp=1e9 + step,
            )  # fmt: skip
            self.viz.update(metrics, given, said)
            if step % self.config.viz_interval == 0:
                self.viz.generate_charts(step)
        self.viz.save_metrics()
        self.viz.close(DEADLINE_SECS)


def test_a_trainer_as_the_document_has_it_leaves_its_four_kinds_of_files(tmp_path: Path, capsys):
    folder = tmp_path / "training_viz"
    ChunkTrainer(ChunkConfig(viz_dir=str(folder), viz_interval=2)).train()
    names = {path.name for path in folder.iterdir()}
    assert {"training_latest.png", "metrics_history.json", "text_samples.json", "training_step_000005.png"} <= names
    assert (folder / "training_latest.png").read_bytes() == (folder / "training_step_000005.png").read_bytes()
    history = read(folder)
    assert history["step"].tolist() == [1, 2, 3, 4, 5]
    assert history["loss"].tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])
    assert history["seconds"].tolist() == [0, 1, 2, 3, 4]
    assert json.loads((folder / "text_samples.json").read_text())["columns"]["output"] == ["a text"] * 5
    told = capsys.readouterr().err
    assert "belvedere: dashboards took" in told and "in the training" in told


def test_what_it_is_told_is_also_in_the_current_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    run = bv.init(project="p", dir=tmp_path / "runs", console=False, hardware=False)
    viz = VisualizationManager(tmp_path / "viz", viz_interval=2)
    viz.update(TrainingMetrics(1, 3.0, accuracy=0.5), "in", "out", "target")
    viz.update(TrainingMetrics(2, 2.0, learning_rate=1e-3))
    viz.close(DEADLINE_SECS)
    run.finish()
    found = open_store(tmp_path / "runs").run(run.id)
    assert found.series("train/loss").values.tolist() == [3.0, 2.0]
    assert found.series("train/accuracy").steps.tolist() == [1]  # at step 2 it was not measured
    assert found.series("train/lr").steps.tolist() == [2]
    assert [item.step for item in found.media("samples")] == [2]


def test_251_steps_of_the_same_loss_are_called_not_learning(tmp_path: Path):
    charts = Charts(tmp_path, name="constant", samples=5)
    for step in range(1, 252):
        charts.take(Row(step, 1.0, 0.0, 1000.0, 0.0, 3e-4, float(step)))
    assert charts._feed.content().verdict.startswith("Not learning")


def test_charts_that_come_too_fast_are_left_out_from_the_oldest_on(tmp_path: Path):
    charts = Charts(tmp_path, name="fast", samples=5)
    charts.take(Row(1, 1.0, 0.0, 1.0, 0.0, 1e-3, 0.0))
    charts.take(Text(1, "in", "out", "", math.nan))
    charts.take(Chart(1), charts_waiting=3)
    assert charts.left_out == 1 and not list(tmp_path.glob("*.png"))
    charts.take(Chart(2), charts_waiting=2)
    charts.close()
    assert [path.name for path in sorted(tmp_path.glob("training_step*"))] == ["training_step_000002.png"]


def test_a_chart_asked_for_twice_is_drawn_once(tmp_path: Path):
    viz = VisualizationManager(tmp_path / "viz", viz_interval=1)
    sent: list[object] = []
    viz._send = sent.append  # type: ignore[method-assign,assignment]
    viz.update(TrainingMetrics(1, 1.0))
    assert viz.generate_charts(1) == tmp_path / "viz" / "training_step_000001.png"
    assert [message for message in sent if isinstance(message, Chart)] == [Chart(1)]
    viz.close(DEADLINE_SECS)


def test_what_cannot_be_is_said_in_one_sentence(tmp_path: Path):
    with pytest.raises(UsageError, match="viz_interval=0 and display_samples=5 cannot be"):
        VisualizationManager(tmp_path, viz_interval=0)
    with pytest.raises(UsageError, match="1 to 8 samples"):
        VisualizationManager(TrainingConfig(str(tmp_path), display_samples=99))
    viz = VisualizationManager(tmp_path)
    viz.close(DEADLINE_SECS)
    viz.close()
    with pytest.raises(UsageError, match="the manager is closed"):
        viz.update(TrainingMetrics(1, 1.0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"viz_interval": "5"}, "viz_interval='5' and display_samples=5 cannot be; use a whole interval"),
        ({"viz_interval": 2.5}, "viz_interval=2.5"), ({"display_samples": True}, "display_samples=True"),
        ({"display_samples": 9}, "1 to 8 samples"),
        ({"viz_dir": 3}, "viz_dir=3 is no folder; pass a path, or a TrainingConfig"),
        ({"viz_dir": "/dev/null/viz"}, "the folder for dashboards cannot be made .not a directory.; choose another"),
    ],
)  # fmt: skip
def test_a_manager_that_cannot_be_is_refused_before_any_process_starts(
    tmp_path: Path, options: dict[str, object], words: str
):
    wanted: dict[str, object] = {"viz_dir": tmp_path, **options}
    with pytest.raises(UsageError, match=words):
        VisualizationManager(**wanted)  # type: ignore[arg-type]


def test_none_counts_as_not_measured_and_what_is_no_number_is_said(tmp_path: Path):
    with VisualizationManager(tmp_path, viz_interval=100) as viz:
        viz.update(TrainingMetrics(step=1, loss=1.0, accuracy=None), "a", "b", sample_accuracy=None)  # type: ignore[arg-type]
        viz.add_text_sample(1, "c", "d", "e", None)
        with pytest.raises(UsageError, match="loss='abc' is no number; pass NaN for what was not measured"):
            viz.update(TrainingMetrics(step=2, loss="abc"))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"update\(\) takes TrainingMetrics, got dict without step"):
            viz.update({"step": 3})  # type: ignore[arg-type]
        for step in (-1, 2**63, 1.5, "x", None):
            with pytest.raises(UsageError, match="is no step; pass a whole number from 0 on"):
                viz.update(TrainingMetrics(step=step, loss=1.0))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="step=-3 is no step"):
            viz.generate_charts(-3)
        viz.close(DEADLINE_SECS)
    columns = read(tmp_path)
    assert columns["step"].tolist() == [1.0] and math.isnan(columns["accuracy"][0])


def test_a_dashboard_that_cannot_be_drawn_takes_no_history_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    charts = Charts(tmp_path, name="t", samples=5)
    charts.take(Row(1, 2.0, 0.5, 10.0, 0.0, 1e-3, 1e9))
    with monkeypatch.context() as patch:
        patch.setattr(charts, "draw", lambda step: 1 / 0)
        charts.take(Chart(1))
    charts.take(Row(2, 1.0, 0.5, 10.0, 0.0, 1e-3, 1e9 + 1))
    charts.close()
    assert charts.trouble == "the dashboard of step 1 was not drawn: ZeroDivisionError: division by zero"
    assert read(tmp_path)["loss"].tolist() == [2.0, 1.0]


def test_an_accuracy_in_percent_is_one_on_the_sheet_too(tmp_path: Path):
    charts = Charts(tmp_path, name="t", samples=5)
    charts.take(Text(1, "in", "out", "", 87.5))
    assert charts._feed.samples[0].accuracy == 0.875
    charts.close()
    assert json.loads((tmp_path / "text_samples.json").read_text())["columns"]["accuracy"] == [87.5]


def test_what_an_earlier_attempt_left_is_on_the_sheet_again(tmp_path: Path):
    charts = Charts(tmp_path, name="t", samples=5)
    for step in (1, 2, 3):
        charts.take(Row(step, 4.0 - step, 0.5, 10.0, 0.0, 1e-3, 1e9 + step))
    charts.take(Text(2, "in", "out", "", 50.0))
    charts.close()
    resumed = Charts(tmp_path, name="t", samples=5, resume_from=2)
    assert (curve := resumed._feed.content().loss) and curve.points.mean.tolist() == [3.0, 2.0]
    assert [(sample.step, sample.accuracy) for sample in resumed._feed.samples] == [(2, 0.5)]


def test_a_resumed_manager_goes_on_in_the_same_files(tmp_path: Path):
    with pytest.raises(UsageError, match="step=-1 is no step"):
        VisualizationManager(tmp_path, resume_from=-1)
    with VisualizationManager(tmp_path, viz_interval=100) as viz:
        for step in (1, 2, 3):
            viz.update(TrainingMetrics(step=step, loss=4.0 - step))
        viz.close(DEADLINE_SECS)
    with bv.VisualizationManager(tmp_path, viz_interval=100, resume_from=2) as viz:
        viz.update(bv.TrainingMetrics(step=3, loss=7.0))
        viz.close(DEADLINE_SECS)
    assert read(tmp_path)["loss"].tolist() == [3.0, 2.0, 7.0]
