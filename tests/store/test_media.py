"""Rich values that name their content by a file of the run, as W&B does."""

from pathlib import Path

import pytest

from belvedere.core.entries import Configured, FileSaved, RunStarted, Stored
from belvedere.runlog import layout, media
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from belvedere.store.engine import Engine, RunName
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.engines.memory import MemoryEngine

RUN = RunName("p", "r")


@pytest.fixture(params=[FolderEngine, MemoryEngine])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    made: Engine = request.param(tmp_path)
    return made


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    folder = RunFolder(tmp_path, "p", "r")
    return Landing(folder, RunStarted(0.0, "p", "r", layout.writer_id(0, 1, "0a")))


def log(landing: Landing, key: str, value: Stored, *, step: int = 0) -> None:
    landing.row(step, 1_000_000, {key: value})


def test_a_picture_named_by_its_path_is_the_saved_file_of_that_path(engine: Engine, landing: Landing) -> None:
    items: Stored = [{"_type": "image", "path": "media/images/a.png"}, {"_type": "image", "path": "media/images/b.png"}]
    log(landing, "list", {"_type": "images", "items": items})
    first, second = engine.media(RUN, "list")
    assert (first.path, first.sha256, second.path) == (None, "", None)
    kept = media.keep(landing.folder, b"picture", ".png")
    landing.event(FileSaved(2.0, "media/images/a.png", kept.sha256, 7))
    first, second = engine.media(RUN, "list")
    assert first.record == {**items[0], "sha256": kept.sha256, "size": 7, "suffix": ".png"}  # type: ignore[dict-item]
    assert (first.sha256, engine.content(RUN, first), engine.content(RUN, second)) == (kept.sha256, b"picture", None)


def test_a_saved_file_is_found_under_the_suffix_it_was_kept_with(engine: Engine, landing: Landing) -> None:
    kept = media.keep(landing.folder, b"[]", ".pts.json")
    landing.event(FileSaved(2.0, "media/object3D/c.pts.json", kept.sha256, 2))
    log(landing, "cloud", {"_type": "object3d", "path": "media/object3D/c.pts.json"})
    (cloud,) = engine.media(RUN, "cloud")
    assert cloud.record["suffix"] == ".pts.json" and engine.content(RUN, cloud) == b"[]"


def test_masks_get_the_labels_that_the_facts_of_the_run_hold(engine: Engine, landing: Landing) -> None:
    told: Stored = {"mask/class_labels": {"seg_wandb_delimeter_truth": {"value": {"0": "ground", "1": "cat"}}}}
    landing.event(Configured(1.0, {"config": told}, section="wandb"))
    masks: Stored = {"truth": {"sha256": "0" * 64}, "guess": {"sha256": "1" * 64}, "own": {"class_labels": {"1": "x"}}}
    log(landing, "seg", {"_type": "image", "masks": masks})
    (item,) = engine.media(RUN, "seg")
    assert item.record["masks"] == {
        "truth": {"sha256": "0" * 64, "class_labels": {"0": "ground", "1": "cat"}},
        "guess": {"sha256": "1" * 64},
        "own": {"class_labels": {"1": "x"}},
    }


def test_a_table_that_came_again_with_its_media_is_one_table(engine: Engine, landing: Landing) -> None:
    facts: Stored = {"artifact_path": "wandb-client-artifact://abc/t.table.json"}
    for step in (0, 1):
        log(landing, "t", {"_type": "table", "sha256": "0" * 64, "wandb": facts}, step=step)
    log(landing, "t", {"_type": "table", "sha256": "1" * 64, "wandb": facts}, step=1)
    log(landing, "t", {"_type": "table", "sha256": "2" * 64}, step=1)
    assert [(item.step, item.sha256[0]) for item in engine.media(RUN, "t")] == [(0, "0"), (1, "1"), (1, "2")]


@pytest.mark.parametrize("sha256", ["../../../../etc/passwd", "0" * 63, "G" * 64])
def test_a_record_reaches_no_file_outside_of_the_media_folder(engine: Engine, landing: Landing, sha256: str) -> None:
    log(landing, "x", {"_type": "image", "sha256": sha256, "suffix": ""})
    log(landing, "y", {"_type": "image", "sha256": "0" * 64, "suffix": "/../../../run.json"})
    assert [engine.media(RUN, key)[0].path for key in "xy"] == [None, None]
