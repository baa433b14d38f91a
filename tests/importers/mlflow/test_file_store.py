"""A folder `mlruns/` becomes runs."""

import math
from pathlib import Path

import pytest
import yaml

from belvedere.core.errors import UnknownFormat
from belvedere.importers.mlflow.file_store import FileStoreRun
from belvedere.importers.telling import FILE_BYTES_MAX
from tests.importers.brought import bring, bring_and_listen, points, runs

START_MS = 1_700_000_000_000
RUN_ID = "a" * 32


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """One experiment with one finished run, written as MLflow writes them."""
    store = tmp_path / "mlruns"
    experiment = {"experiment_id": "7", "name": "vision tests", "lifecycle_stage": "active"}
    written(store / "7" / "meta.yaml", yaml.safe_dump(experiment))
    run = store / "7" / RUN_ID
    written(run / "meta.yaml", yaml.safe_dump(meta()))
    written(run / "metrics" / "val" / "loss", f"{START_MS} 2.5 0\n{START_MS + 10} nan 10\n{START_MS + 20} inf 20\n")
    written(run / "metrics" / "acc", f"{START_MS + 5} 0.5 0\n")
    written(run / "params" / "lr", "0.1")
    written(run / "params" / "opt" / "name", "adam")
    written(run / "params" / "layers", "12")
    written(run / "params" / "amp", "True")
    written(run / "tags" / "mlflow.note.content", "first try")
    written(run / "tags" / "mlflow.user", "root")
    written(run / "tags" / "team", "a")
    written(run / "artifacts" / "models" / "note.txt", "hello")
    return store


def meta(**changes: object) -> dict[str, object]:
    known = {"run_id": RUN_ID, "run_name": "net", "status": 3, "start_time": START_MS, "end_time": START_MS + 60_000}
    return {**known, "lifecycle_stage": "active", "artifact_uri": "", "user_id": "root"} | changes


def test_a_run_has_its_metrics_at_their_steps_and_times(store: Path, tmp_path: Path) -> None:
    (brought,) = bring(store, tmp_path / "ours")
    assert (brought.is_new, brought.is_over, brought.trouble) == (True, True, "")
    run = runs(tmp_path / "ours")["net"]
    assert (run.project, run.id, run.state, run.created) == ("vision tests", RUN_ID, "finished", START_MS / 1e3)
    (first, second, third) = points(run, "val/loss")
    assert first == (0, START_MS / 1e3, 2.5) and third == (20, START_MS / 1e3 + 0.02, math.inf)
    assert second[:2] == (10, START_MS / 1e3 + 0.01) and math.isnan(second[2])
    assert points(run, "acc") == [(0, START_MS / 1e3 + 0.005, 0.5)]


def test_parameters_are_the_configuration_and_tags_are_tags_and_facts(store: Path, tmp_path: Path) -> None:
    bring(store, tmp_path / "ours")
    run = runs(tmp_path / "ours")["net"]
    assert run.config == {"lr": 0.1, "opt/name": "adam", "layers": 12, "amp": True}
    assert (run.tags, run.notes) == (("team=a",), "first try")
    assert run.detail.foreign["mlflow"] == {
        "run_id": RUN_ID, "experiment": "vision tests", "experiment_id": "7", "user": "root", "artifact_uri": "",
        "tags": {"mlflow.note.content": "first try", "mlflow.user": "root", "team": "a"},
    }  # fmt: skip


def test_artifacts_are_kept_as_files(store: Path, tmp_path: Path) -> None:
    bring(store, tmp_path / "ours")
    (saved,) = runs(tmp_path / "ours")["net"].files
    assert (saved.path, saved.size_bytes) == ("artifacts/models/note.txt", 5)
    (kept,) = (tmp_path / "ours").glob("*/*/media/*/*.txt")
    assert kept.read_text() == "hello"


def test_bringing_again_changes_nothing(store: Path, tmp_path: Path) -> None:
    bring(store, tmp_path / "ours")
    before = {path: path.stat().st_size for path in (tmp_path / "ours").rglob("*.rlog")}
    (again,) = bring(store, tmp_path / "ours")
    assert not again.is_new
    assert {path: path.stat().st_size for path in (tmp_path / "ours").rglob("*.rlog")} == before


def test_a_running_run_is_followed_line_by_line(store: Path, tmp_path: Path) -> None:
    run = store / "7" / RUN_ID
    written(run / "meta.yaml", yaml.safe_dump(meta(status=1, end_time=None)))
    written(run / "metrics" / "acc", f"{START_MS} 0.5 0\n{START_MS} 0.7")  # the second line waits for its end
    assert [one.is_over for one in bring(store, tmp_path / "ours")] == [False]
    assert [value for *_, value in points(runs(tmp_path / "ours")["net"], "acc")] == [0.5]
    written(run / "metrics" / "acc", f"{START_MS} 0.5 0\n{START_MS} 0.75 1\n{START_MS} 0.8 2\n")
    written(run / "meta.yaml", yaml.safe_dump(meta(status=4)))
    written(run / "params" / "late", "1e-3")
    bring(store, tmp_path / "ours")
    found = runs(tmp_path / "ours")["net"]
    assert [(step, value) for step, _, value in points(found, "acc")] == [(0, 0.5), (1, 0.75), (2, 0.8)]
    assert (found.state, found.config["late"]) == ("failed", 0.001)


def test_a_cut_import_goes_on_where_it_was(store: Path, tmp_path: Path) -> None:
    bring(store, tmp_path / "ours")
    (log,) = (tmp_path / "ours").rglob("*.rlog")
    whole = log.read_bytes()
    for share in (0.3, 0.6, 0.9):
        log.write_bytes(whole[: int(len(whole) * share)])
        bring(store, tmp_path / "ours")
        run = runs(tmp_path / "ours")["net"]
        assert [step for step, *_ in points(run, "val/loss")] == [0, 10, 20] and len(points(run, "acc")) == 1
        for later in sorted(log.parent.iterdir())[1:]:
            later.unlink()


def test_a_logged_picture_stands_at_its_step(store: Path, tmp_path: Path) -> None:
    pictures = store / "7" / RUN_ID / "artifacts" / "images"
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
    )
    pictures.mkdir(parents=True)
    two, three = f"dogs#small%step%3%timestamp%{START_MS}%0123", f"dogs~small+step+4+timestamp+{START_MS}+0123"
    for name in (f"{two}.png", f"{two}%compressed.webp", f"{three}.png", f"{three}+compressed.webp"):
        (pictures / name).write_bytes(pixel)
    bring(store, tmp_path / "ours")
    run = runs(tmp_path / "ours")["net"]
    item, later = run.media("dogs/small")
    assert (item.step, item.time, item.type, later.step) == (3, START_MS / 1e3, "image", 4)
    assert not [file.path for file in run.files if "compressed" in file.path]
    assert item.path is not None and item.path.read_bytes() == pixel


def test_deleted_runs_stay_away_and_a_child_names_its_parent(store: Path, tmp_path: Path) -> None:
    for name, changes in {
        "b" * 32: {"lifecycle_stage": "deleted"},
        "c" * 32: {"run_name": "child", "status": 5},
    }.items():
        written(store / "7" / name / "meta.yaml", yaml.safe_dump(meta(run_id=name, **changes)))
        (store / "7" / name / "metrics").mkdir()
    written(store / "7" / ("c" * 32) / "tags" / "mlflow.parentRunId", RUN_ID)
    bring(store, tmp_path / "ours")
    found = runs(tmp_path / "ours")
    assert sorted(found) == ["child", "net"]
    assert (found["child"].group, found["child"].state) == (RUN_ID, "stopped")


def test_what_is_damaged_is_told_in_one_sentence_and_the_rest_goes_on(store: Path, tmp_path: Path) -> None:
    broken = store / "7" / ("d" * 32)
    written(broken / "meta.yaml", "a: [")
    (broken / "metrics").mkdir()
    odd = store / "7" / ("e" * 32)
    written(odd / "meta.yaml", yaml.safe_dump(meta(run_id="e" * 32, run_name="odd", start_time=START_MS + 1)))
    written(odd / "metrics" / "loss", "what is this\n")
    brought, told = bring_and_listen(store, tmp_path / "ours")
    assert [one.trouble.split(":")[0] for one in brought] == [
        "", "a line is no '<ms> <value> <step>', so the metric cannot be read"
    ]  # fmt: skip
    assert told[0].startswith("the file is no YAML, so its run is left out; repair or remove it: ")
    assert len(points(runs(tmp_path / "ours")["net"], "val/loss")) == 3


def test_a_file_beyond_the_limit_stays_where_it_is(store: Path, tmp_path: Path) -> None:
    large = store / "7" / RUN_ID / "artifacts" / "model.bin"
    with large.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    _, told = bring_and_listen(store, tmp_path / "ours")
    assert told == [
        f"a file of 256 MiB was left where it is (the limit is 256 MiB); copy it yourself if you need it: {large}"
    ]
    assert len(runs(tmp_path / "ours")["net"].files) == 1
    assert not bring_and_listen(store, tmp_path / "ours")[1]


def test_one_experiment_or_one_run_can_be_named(store: Path, tmp_path: Path) -> None:
    for number, path in enumerate((store.parent, store / "7", store / "7" / RUN_ID)):
        (brought,) = bring(path, tmp_path / f"ours{number}")
        assert isinstance(brought.source, FileStoreRun) and brought.source.started.run_id == RUN_ID
    with pytest.raises(UnknownFormat, match="nothing here that can be imported"):
        bring(store / "7" / RUN_ID / "params", tmp_path / "none")
