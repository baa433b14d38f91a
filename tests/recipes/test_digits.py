"""The digits, short: both losses fall, a run holds what its figures need, recording changes nothing; the sweep."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.recipes import digits
from belvedere.recipes.digits import Outcome, Settings, cosine, order_of, settings_of_sweep, train

pytest.importorskip("sklearn")


def trained(*words: str) -> Outcome:
    return train(order_of(words)[0], [])


def test_pictures_and_names_are_learned() -> None:
    outcome = trained("--no-record", "--steps", "150", "--batch-size", "32")
    assert outcome.last["val/accuracy"] > 0.7
    assert outcome.losses[-1] < 0.5 * outcome.losses[0]


def test_a_run_holds_what_its_figures_need(tmp_path: Path) -> None:
    recorded = trained("--steps", "20", "--dir", str(tmp_path))
    without = trained("--steps", "20", "--no-record")
    assert recorded.losses == without.losses and recorded.last == without.last
    [run] = bv.open(tmp_path).runs()
    keys = {info.key for info in run.keys()}
    assert {"loss/image", "loss/label", "loss/latent", "latent/effective_rank", "latent/dead_dimensions"} <= keys
    assert {"embeddings/latent", "evaluation/predictions", "pictures", "weights/encoder.0"} <= keys
    parts = [run.series(f"loss/{part}").values for part in ("image", "label", "latent")]
    assert np.allclose(sum(parts), run.series("train/loss").values, rtol=1e-5)
    assert len(run.media("evaluation/predictions")) == 21
    assert run.vectors("latent_std").values.shape == (21, 16)


def test_a_sweep_leaves_sixteen_runs_of_a_group(tmp_path: Path) -> None:
    words = ("--sweep", "--epochs", "1", "--train", "130", "--dir", str(tmp_path))
    assert digits.main(words) == 0
    runs = bv.open(tmp_path).runs()
    assert len(runs) == 16 and {run.group for run in runs} == {"sweep"}
    assert all(run.summary["val/accuracy"] > 0 for run in runs)
    assert {run.steps for run in runs} == {1 + 130 // size for size in (16, 32, 64, 128)}


def test_in_a_sweep_every_two_values_meet_once() -> None:
    tried = [(one.lr, one.depth, one.width, one.batch_size) for one in settings_of_sweep(Settings())]
    for first, second in combinations(range(4), 2):
        assert len({(row[first], row[second]) for row in tried}) == 16


def test_the_rate_falls_along_half_a_cosine() -> None:
    assert [cosine(0), cosine(0.5), cosine(1)] == pytest.approx([1, 0.505, 0.01])


def test_what_cannot_be_is_said_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert digits.main(["--lr", "0"]) == 2
    assert "--lr is 0.0; give more than 0" in capsys.readouterr().err
    assert digits.main(["--sweep", "--epochs", "0"]) == 2
    assert "--epochs is 0; give more than 0" in capsys.readouterr().err
