"""What the mirror writes is what TensorBoard's own reader reads."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.util.tensor_util import make_ndarray

from belvedere.core.entries import (
    Alerted,
    Configured,
    Logged,
    RunFinished,
    RunStarted,
    StageChanged,
    Stored,
    VectorLogged,
)  # fmt: skip
from belvedere.core.errors import DamagedLog, UsageError
from belvedere.core.pictures import encode_png
from belvedere.record.mirrors.mirror import MirrorSource, mirror_module
from belvedere.record.mirrors.tensorboard import EventFileMirror
from belvedere.runlog.layout import run_folder
from tests.record.mirrors.event_files import read_by_tensorboard, texts_of

PNG = encode_png(np.zeros((2, 3, 1), np.uint8))
CLOUD = np.arange(12, dtype="<f4").reshape(2, 6)
FILES = {
    "png": PNG,
    "cloud": CLOUD.tobytes(),
    "table": json.dumps({"columns": ["a", "b"], "data": [[1, "x|y"]]}).encode(),
    "obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "wav": b"RIFF",
}


def mirror_in(folder: Path, **started: object) -> EventFileMirror:
    who = RunStarted(1000.0, "p", "r", "w", **started)  # type: ignore[arg-type]
    return EventFileMirror(folder, who, lambda record: FILES[str(record["sha256"])])


def image(width: int, height: int) -> Stored:
    return {"_type": "image", "sha256": "png", "size": 1, "suffix": ".png", "width": width, "height": height}


def test_numbers_of_every_sort_are_scalars(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    for step in range(3):
        mirror.row(Logged(step, 2000.5 + step, {"loss": 1 / (step + 1), "n": step, "ok": True}))
    mirror.row(Logged(3, 2004.0, {"loss": float("nan"), "huge": 1e300, "none": None}))
    mirror.finish(RunFinished(2005.0))
    found = read_by_tensorboard(tmp_path)
    assert [(one.step, one.wall_time, one.value) for one in found.Scalars("loss")[:3]] == [
        (0, 2000.5, 1.0), (1, 2001.5, 0.5), (2, 2002.5, float(np.float32(1 / 3))),
    ]  # fmt: skip
    assert np.isnan(found.Scalars("loss")[3].value)
    assert [one.value for one in found.Scalars("n")] == [0, 1, 2]
    assert [one.value for one in found.Scalars("ok")] == [1, 1, 1]
    assert found.Scalars("huge")[0].value == float("inf")
    assert (found.Tags()["scalars"], mirror.not_shown) == (["loss", "n", "ok", "huge"], {})


def test_short_vectors_are_scalars_and_long_ones_histograms(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    mirror.vector(VectorLogged(1, 2000.0, "norm", ("a", "b"), np.array([0.5, 2.0])))
    mirror.vector(VectorLogged(1, 2000.0, "wide", tuple(map(str, range(100))), np.arange(100.0)))
    mirror.finish(None)
    found = read_by_tensorboard(tmp_path)
    assert [(tag, found.Scalars(tag)[0].value) for tag in ("norm/a", "norm/b")] == [("norm/a", 0.5), ("norm/b", 2.0)]
    assert found.Histograms("wide")[0].histogram_value.num == 100


def test_a_histogram_keeps_its_counts_and_edges(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    mirror.row(Logged(4, 2000.0, {"h": {"_type": "histogram", "counts": [3, 1], "edges": [0.0, 1.0, 3.0]}}))
    mirror.finish(None)
    value = read_by_tensorboard(tmp_path).Histograms("h")[0].histogram_value
    assert (value.min, value.max, value.num, value.sum) == (0.0, 3.0, 4.0, 3.5)
    assert (value.bucket_limit, value.bucket) == ([0.0, 1.0, 3.0], [0.0, 3.0, 1.0])


def test_pictures_sounds_and_texts_arrive_whole(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    sound: Stored = {"_type": "audio", "sha256": "wav", "suffix": ".wav", "sample_rate": 8000, "seconds": 0.5}
    table: Stored = {"_type": "table", "sha256": "table", "suffix": ".json"}
    mirror.row(Logged(1, 2000.0, {"picture": image(3, 2), "pair": {"_type": "images", "items": [image(3, 2)] * 2}}))
    mirror.row(
        Logged(2, 2000.0, {"sound": sound, "words": "a", "text": {"_type": "text", "text": "b"}, "table": table})
    )
    mirror.finish(None)
    found = read_by_tensorboard(tmp_path)
    picture = found.Images("picture")[0]
    assert (picture.encoded_image_string, picture.width, picture.height) == (PNG, 3, 2)
    assert make_ndarray(found.Tensors("pair")[0].tensor_proto).tolist() == [b"3", b"2", PNG, PNG]
    heard = found.Audio("sound")[0]
    assert (heard.encoded_audio_string, heard.sample_rate, heard.length_frames, heard.content_type) == (
        b"RIFF", 8000.0, 4000, "audio/wav",
    )  # fmt: skip
    assert [texts_of(found, tag) for tag in ("words", "text", "table")] == [
        ["a"], ["b"], ["| a | b |\n|---|---|\n| 1 | x\\|y |"],
    ]  # fmt: skip


def test_clouds_and_meshes_are_tensors_of_the_mesh_plugin(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    cloud: Stored = {"_type": "object3d", "sha256": "cloud", "suffix": ".f32", "shape": [2, 6], "dtype": "<f4"}
    mirror.row(Logged(1, 2000.0, {"cloud": cloud, "shape": {"_type": "object3d", "sha256": "obj", "suffix": ".obj"}}))
    mirror.finish(None)
    found = read_by_tensorboard(tmp_path)

    def array(tag: str) -> list[object]:
        values: list[object] = make_ndarray(found.Tensors(tag)[0].tensor_proto).tolist()
        return values

    assert array("cloud_VERTEX") == [CLOUD[:, :3].tolist()]
    assert array("cloud_COLOR") == [CLOUD[:, 3:].tolist()]
    assert array("shape_FACE") == [[[0, 1, 2]]]
    assert found.SummaryMetadata("cloud_VERTEX").plugin_data.plugin_name == "mesh"


def test_the_configuration_is_a_session_of_hyperparameters(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    mirror.event(Configured(1000.0, {"lr": 0.1, "model": {"act": "gelu"}}))
    mirror.event(Configured(1001.0, {"amp": True}))
    mirror.finish(RunFinished(2000.0, "failed", 1))
    metadata = read_by_tensorboard(tmp_path).PluginTagToContent("hparams")
    start = HParamsPluginData.FromString(metadata["_hparams_/session_start_info"]).session_start_info.hparams
    assert start["lr"].number_value == 0.1
    assert (start["model/act"].string_value, len(start)) in (("gelu", 2), ("gelu", 3))
    end = HParamsPluginData.FromString(metadata["_hparams_/session_end_info"]).session_end_info
    assert (end.status, end.end_time_secs) == (2, 2000.0)  # STATUS_FAILURE


def test_stages_and_alerts_are_texts(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    mirror.event(StageChanged(1000.0, 5, "sft"))
    mirror.event(Alerted(1000.0, 6, "bad", "really", "warning"))
    mirror.finish(None)
    found = read_by_tensorboard(tmp_path)
    assert texts_of(found, "stage") == ["sft"]
    assert texts_of(found, "alerts") == ["**warning: bad**\n\nreally"]


def test_an_attempt_that_begins_again_purges_what_went_before(tmp_path: Path) -> None:
    for started, first, value in ((1000.0, 0, 1.0), (2000.0, 2, 5.0)):
        who = RunStarted(started, "p", "r", "w", resume_from=first or None)
        mirror = EventFileMirror(tmp_path, who, lambda record: b"")
        for step in range(first, 4):
            mirror.row(Logged(step, started + step, {"loss": value}))
        mirror.finish(None)
    found = read_by_tensorboard(tmp_path)
    assert [(one.step, one.value) for one in found.Scalars("loss")] == [(0, 1.0), (1, 1.0), (2, 5.0), (3, 5.0)]


def test_what_has_no_place_is_counted_and_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    mirror = EventFileMirror(tmp_path, RunStarted(1000.0, "p", "r", "w"), lambda record: b"", told.append)
    for step in range(2):
        mirror.row(Logged(step, 1.0, {"page": {"_type": "html", "sha256": "x"}, "list": [1, 2]}))
    mirror.finish(None)
    assert told == ["TensorBoard has no place for html (2), list (2)"]


def test_a_file_that_is_not_what_its_record_says_is_damage(tmp_path: Path) -> None:
    mirror = mirror_in(tmp_path)
    with pytest.raises(DamagedLog, match="holds 12 numbers, not 3 times 6"):
        mirror.row(Logged(1, 1.0, {"c": {"_type": "object3d", "sha256": "cloud", "suffix": ".f32", "shape": [3, 6]}}))
    with pytest.raises(DamagedLog, match="the file of a table is none"):
        mirror.row(Logged(1, 1.0, {"t": {"_type": "table", "sha256": "png", "suffix": ".json"}}))
    mirror.finish(None)


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    source = MirrorSource(run_folder(tmp_path, "p", "r"), RunStarted(1.0, "p", "r", "w"), str(tmp_path / "file"))
    with pytest.raises(UsageError, match="no event file can be written"):
        mirror_module("tensorboard").open_mirror(source)


def test_no_other_module_of_the_package_is_a_mirror() -> None:
    for name in ("event_file", "mirror", "nothing", "../x", "os"):
        with pytest.raises(UsageError, match="is not known; use 'wandb' or 'tensorboard'"):
            mirror_module(name)


def test_a_run_is_mirrored_while_it_is_recorded(tmp_path: Path) -> None:
    script = (
        "import belvedere as bv\n"
        "run = bv.init(project='p', id='r', name='n', dir='root', mirror=['tensorboard', 'tensorboard:boards'],\n"
        "              config={'lr': 0.5}, console=False, hardware=False)\n"
        "for step in range(50): run.log({'loss': 1 / (step + 1)})\n"
        "run.finish()\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=60)
    for folder in (tmp_path / "root/p/r/tensorboard", tmp_path / "boards/n-r"):
        found = read_by_tensorboard(folder).Scalars("loss")
        assert [(one.step, one.value) for one in found] == [
            (step, float(np.float32(1 / (step + 1)))) for step in range(50)
        ]
