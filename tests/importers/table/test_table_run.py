"""Files of numbers become runs."""

import json
import math
import os
from pathlib import Path

import pytest

from belvedere.core.errors import UnknownFormat
from belvedere.store.run import Run
from tests.importers.brought import bring, bring_and_listen, points, runs

LONG_AGO = 1_600_000_000


def written(path: Path, text: str) -> Path:
    """A file that nobody has touched for long, so that its last line is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def only(root: Path) -> Run:
    (run,) = runs(root).values()
    return run


def values(run: Run, key: str) -> list[tuple[int, float]]:
    return [(step, value) for step, _, value in points(run, key)]


def test_a_csv_file_is_a_run(tmp_path: Path) -> None:
    text = 'step,time,train loss,note\n0,1700000000,0.5,warm\n10,1700000001.5,inf,\n20,1700000002,,"a,\nb"'
    (brought,) = bring(written(tmp_path / "exp" / "first.csv", text), tmp_path / "ours")
    assert (brought.is_new, brought.is_over) == (True, True)
    run = only(tmp_path / "ours")
    assert (run.project, run.name, run.state, run.created) == ("exp", "first", "finished", 1_700_000_000.0)
    assert points(run, "train loss") == [(0, 1_700_000_000.0, 0.5), (10, 1_700_000_001.5, math.inf)]
    assert [(item.step, item.record["value"]) for item in run.media("note")] == [(0, "warm"), (20, "a,\nb")]
    assert [info.key for info in run.keys()] == ["note", "train loss"]


def test_rows_without_a_step_are_counted_and_have_the_time_of_the_file(tmp_path: Path) -> None:
    bring(written(tmp_path / "a.csv", "x;y\n1;2.5\n3;4\n"), tmp_path / "ours")
    run = only(tmp_path / "ours")
    assert points(run, "x") == [(0, LONG_AGO, 1.0), (1, LONG_AGO, 3.0)]
    assert values(run, "y") == [(0, 2.5), (1, 4.0)]


ROWS_AS_WRITTEN = {  # what people and programs write, each meaning loss 0.5 and 2.0 at the steps 3 and 4
    "pandas.csv": ",step,loss,name\n0,3,0.5,NA\n1,4,2.0,null\n",
    "excel.csv": "sep=;\nStep;loss\n0003;0,5\n0004;2\n",
    "numpy.csv": "# step,loss\n3.0e+00,5.0e-01\n4.0e+00,2.0e+00\n",
    "twice.csv": "trainer/global_step,loss,loss\n3,0.5,7\n4,2,8\n",
    "split.json": '{"columns": ["step", "loss"], "index": [0, 1], "data": [[3, 0.5], [4, 2.0]]}',
    "columns.json": '{"step": {"0": 3, "1": 4}, "loss": {"0": 0.5, "1": 2.0}}',
    "keras.json": '{"loss": [0.5, 2.0], "iteration": [3, 4]}',
}


def test_tables_are_read_as_people_write_them(tmp_path: Path) -> None:
    for name, text in ROWS_AS_WRITTEN.items():
        bring(written(tmp_path / name, text), tmp_path / "ours")
    bring(written(tmp_path / "bare.csv", "3,0.5\n4,2\n"), tmp_path / "ours")
    found = runs(tmp_path / "ours")
    bare, twice = found.pop("bare"), found["twice"]
    assert {name: values(run, "loss") for name, run in found.items()} == {
        name.partition(".")[0]: [(3, 0.5), (4, 2.0)] for name in ROWS_AS_WRITTEN
    }
    assert [info.key for info in found["pandas"].keys()] == ["loss"]
    assert values(twice, "loss.1") == [(3, 7.0), (4, 8.0)]
    assert (values(bare, "column 1"), values(bare, "column 2")) == ([(0, 3.0), (1, 4.0)], [(0, 0.5), (1, 2.0)])


def test_a_growing_file_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    path.write_text("step,loss\n0,1.0\n1,0.")  # just now: the last line may be half a line
    bring(path, tmp_path / "ours")
    assert values(only(tmp_path / "ours"), "loss") == [(0, 1.0)]
    path.write_text("step,loss\n0,1.0\n1,0.5\n2,0.25\n")
    for _ in range(2):
        bring(path, tmp_path / "ours")
        assert values(only(tmp_path / "ours"), "loss") == [(0, 1.0), (1, 0.5), (2, 0.25)]


def test_a_file_that_was_written_anew_with_one_more_column_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path / "metrics.csv", "step,loss\n0,1.0\n1,0.5\n")
    bring(path, tmp_path / "ours")
    written(path, "step,loss,val\n0,1.0,\n1,0.5,\n2,0.25,9\n")
    os.utime(path, (LONG_AGO + 60, LONG_AGO + 60))
    bring(path, tmp_path / "ours")
    run = only(tmp_path / "ours")
    assert (values(run, "loss"), values(run, "val")) == ([(0, 1.0), (1, 0.5), (2, 0.25)], [(2, 9.0)])


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", '{"step": 0, "loss": 1}\n{"step": 1, "loss": 2}\n')
    bring(path, tmp_path / "ours")
    written(path, '{"step": 0, "loss": 1}\n')
    brought, _ = bring_and_listen(path, tmp_path / "ours")
    assert brought[0].trouble.startswith(
        "the file holds less than was imported from it; remove its run and import it again"
    )
    assert len(points(only(tmp_path / "ours"), "loss")) == 2


def test_json_lines_keep_what_is_nested_and_what_is_not_finite(tmp_path: Path) -> None:
    lines = [
        '{"_step": 4, "_timestamp": 1.7e9, "loss": NaN, "opt": {"lr": 0.1}}',
        "garbage",
        '{"_step": 5, "loss": -Infinity}',
    ]
    bring(written(tmp_path / "run.jsonl", "\n".join(lines)), tmp_path / "ours")
    run = only(tmp_path / "ours")
    assert values(run, "opt/lr") == [(4, 0.1)]
    assert math.isnan(points(run, "loss")[0][2]) and values(run, "loss")[1] == (5, -math.inf)


def test_parquet_is_read_where_pyarrow_is(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"iteration": [0, 1, 2], "loss": [1.0, None, math.inf], "n": [1, 2, 3]})
    parquet.write_table(table, tmp_path / "a.parquet")
    for _ in range(2):
        bring(tmp_path / "a.parquet", tmp_path / "ours")
        run = only(tmp_path / "ours")
        assert (values(run, "loss"), values(run, "n")) == ([(0, 1.0), (2, math.inf)], [(0, 1.0), (1, 2.0), (2, 3.0)])


def test_lightnings_logger_has_its_settings_beside_it(tmp_path: Path) -> None:
    version = tmp_path / "lightning_logs" / "version_3"
    written(version / "metrics.csv", "epoch,step,train_loss,val_loss\n0,9,0.5,\n0,9,,0.6\n")
    written(version / "hparams.yaml", "lr: 0.1\nmodel:\n  width: 32\n")
    bring(tmp_path, tmp_path / "ours")
    run = only(tmp_path / "ours")
    assert (run.project, run.name) == ("lightning_logs", "version_3")
    assert run.config == {"lr": 0.1, "model": {"width": 32}}
    assert (values(run, "train_loss"), values(run, "val_loss")) == ([(9, 0.5)], [(9, 0.6)])


def test_the_newest_checkpoint_of_a_trainer_counts(tmp_path: Path) -> None:
    history = [{"step": 5, "epoch": 0.5, "loss": 2.0}, {"step": 10, "epoch": 1.0, "eval_loss": 1.5}]
    trainer = tmp_path / "out"
    for count, name in enumerate(("checkpoint-5", "checkpoint-10"), 1):
        state = {"log_history": history[:count], "max_steps": 20, "best_metric": None}
        written(trainer / name / "trainer_state.json", json.dumps(state))
        bring(tmp_path, tmp_path / "ours")
        bring(trainer, tmp_path / "ours")
    run = only(tmp_path / "ours")
    assert (run.name, values(run, "train/loss"), values(run, "eval/loss")) == ("out", [(5, 2.0)], [(10, 1.5)])
    assert run.detail.foreign["trainer_state"] == {"max_steps": 20, "best_metric": None}


def test_in_a_folder_only_files_with_a_step_are_runs(tmp_path: Path) -> None:
    written(tmp_path / "d" / "dataset.csv", "height,weight\n1,2\n")
    written(tmp_path / "d" / "run.csv", "epoch,loss\n0,1\n")
    written(tmp_path / "d" / "empty.csv", "")
    bring(tmp_path / "d", tmp_path / "ours")
    assert sorted(runs(tmp_path / "ours")) == ["run"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.csv", "\n\n", "the first line names no columns"),
        ("a.jsonl", "hello\n", "no line is a JSON object, so there are no rows"),
        ("b.csv", "a,b\r0,1\r", "lines end in CR alone; save it as UTF-8 with LF"),
        ("a.json", '{"a": 1}', "neither a list of rows, nor columns, nor a trainer's state with a log_history"),
        ("b.json", '{"a": {"b": 1}}', "neither a list of rows, nor columns"),
        ("a.parquet", "hello", "the parquet file cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    with pytest.raises(UnknownFormat, match=sentence):
        bring(written(tmp_path / name, text), tmp_path / "ours")
