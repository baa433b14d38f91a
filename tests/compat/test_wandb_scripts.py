"""Scripts as people write them for W&B run with one line changed: `import belvedere as wandb`."""

import subprocess
import sys
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.compat import wandb_face
from belvedere.store.run import Run
from tests.source_tree import REPOSITORY

SCRIPTS = Path(__file__).parent / "wandb_scripts"
TRAINS = "torch_loop.py"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of each script after it ran, all of them after one another in one process: imports are paid once."""
    root = tmp_path_factory.mktemp("scripts")
    folders = {}
    for script in sorted(SCRIPTS.glob("*.py")):
        folder = folders[script.name] = root / script.stem
        folder.mkdir()
        (folder / "script.py").write_text(
            script.read_text()
            .replace("\nimport wandb\n", "\nimport belvedere as wandb\n")
            .replace("from wandb.", "from belvedere.")
        )
    run_all = (
        "import os, runpy, sys, warnings\nwarnings.simplefilter('error')\nimport belvedere\n"
        "for folder in sys.argv[1:]:\n    os.chdir(folder)\n    os.environ.pop('WANDB_SILENT', None)\n"
        "    runpy.run_path('script.py', run_name='__main__')\n    assert belvedere.run is None, folder\n"
    )
    environ = {"PATH": "", "PYTHONPATH": str(REPOSITORY), "HOME": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", run_all, *map(str, folders.values())],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folders


def runs(folder: Path, place: str = "belvedere-runs") -> list[Run]:
    return sorted(bv.open(folder / place).runs(), key=lambda run: run.created)


def test_the_first_script(ran: dict[str, Path]) -> None:
    (run,) = runs(ran["quickstart.py"])
    assert (run.project, run.config["architecture"], run.state) == ("my-awesome-project", "CNN", "finished")
    assert len(run.series("acc")) == len(run.series("loss")) == 8


def test_everything_through_the_module(ran: dict[str, Path]) -> None:
    (run,) = runs(ran["module_level.py"])
    assert run.config == {"lr": 0.01, "batch_size": 32, "dropout": 0.1, "seed": 3}
    assert (run.name, run.tags, run.notes) == ("baseline", ("baseline", "paper1"), "first try")
    assert run.series("val/acc").values.tolist() == [0.5, 0.6, 0.7]
    assert run.definitions["val/*"].x == "epoch"
    assert (run.summary["best_accuracy"], run.summary["note"]) == (0.7, "done")
    assert [(alert.title, alert.level) for alert in run.alerts] == [("Low accuracy", "warning")]


def test_every_kind_of_value(ran: dict[str, Path]) -> None:
    (run,) = runs(ran["media.py"])
    assert run.job_type == "eval"
    kinds = {info.key: info.kind for info in run.keys() if not info.key.startswith("system/")}
    assert kinds == {
        "image": "image", "images": "images", "histogram": "histogram", "from_numpy": "histogram", "audio": "audio",
        "html": "html", "points": "object3d", "cloud": "object3d", "video": "video", "nested/a": "scalar",
        "nested/b/c": "scalar",
    }  # fmt: skip


def test_tables_and_their_charts(ran: dict[str, Path]) -> None:
    (run,) = runs(ran["tables.py"])
    table = run.media("predictions")[0].record
    assert (table["columns"], table["rows"]) == (["id", "image", "label", "score"], 3)
    charts = ["line", "scatter", "bar", "hist", "series", "named"]
    assert [run.media(key)[0].type for key in charts] == ["plotly"] * 6


def test_curves_of_predictions(ran: dict[str, Path]) -> None:
    (run,) = runs(ran["curves.py"])
    assert [run.media(key)[0].type for key in ("roc", "pr", "conf_mat", "conf_probs")] == ["plotly"] * 4


def test_artifacts_go_in_and_out(ran: dict[str, Path]) -> None:
    upload, train = runs(ran["artifacts.py"])
    assert [upload.job_type, train.job_type] == ["upload", "train"]
    assert list(upload.detail.foreign["artifacts"]) == ["dataset:v0"]
    assert list(train.detail.foreign["artifacts_used"]) == ["dataset:v0", "dataset:v1"]
    assert [saved.path for saved in train.files] == ["model.pt"]


def test_a_sweep_is_a_run_for_each_choice(ran: dict[str, Path]) -> None:
    found = runs(ran["sweep.py"])
    assert [run.project for run in found] == ["sweeps"] * 3
    assert len({run.config["lr"] for run in found}) == 3
    assert [len(run.series("loss")) for run in found] == [2, 2, 2]


def test_what_was_recorded_is_read_back(ran: dict[str, Path]) -> None:
    assert [run.name for run in runs(ran["reading.py"])] == ["lr-0.1", "lr-0.2", "lr-0.3"]


def test_a_training_with_watch_and_resume(ran: dict[str, Path]) -> None:
    (run,) = runs(ran[TRAINS])
    assert (run.name, run.tags, run.notes) == ("renamed", ("late",), "changed")
    assert len(run.series("loss")) == 4
    assert len(run.vectors("grad_norm").steps) > 0
    assert [saved.path for saved in run.files] == ["code/script.py"]
    assert len(run.attempts) == 2


def test_a_careful_script(ran: dict[str, Path]) -> None:
    (careful,) = runs(ran["careful.py"], "logs")
    assert careful.config == {"a": 1}
    spread = careful.summary["spread"]
    assert (careful.summary["best"], isinstance(spread, dict) and spread["_type"]) == (7, "histogram")
    assert careful.series("x").steps.tolist() == [10, 20]
    assert [run.project for run in runs(ran["careful.py"])] == ["other"]


def test_the_names_that_type_checkers_see_are_those_that_are_there() -> None:
    assert sorted(bv._WANDB) == sorted(wandb_face.__all__)
    for name in wandb_face.__all__:
        assert getattr(bv, name) is getattr(wandb_face, name), name
