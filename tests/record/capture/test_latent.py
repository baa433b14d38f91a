import math
from pathlib import Path

import numpy as np
import pytest
import torch

import belvedere as bv
from belvedere.core.errors import UsageError
from tests.record.capture.stored import begun, read


def health(z: torch.Tensor) -> dict[str, float]:
    return {key: float(value) for key, value in bv.latent_health(z).items()}


def test_corners_of_a_cube_use_every_dimension_alike() -> None:
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3)  # (8, 3)
    found = health(corners)
    assert found["latent/std"] == pytest.approx(1)
    assert found["latent/dead_dimensions"] == 0
    assert found["latent/effective_rank"] == pytest.approx(3)
    assert found["latent/entropy_rank"] == pytest.approx(3)
    assert found["latent/norm"] == pytest.approx(math.sqrt(3))
    assert found["latent/isotropy"] == pytest.approx(1 + 1 / 7)  # the cosines of a row with the 7 others add up to -1


def test_known_eigenvalues_give_known_ranks() -> None:
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 2, torch.tensor([5.0]))[:, [0, 1, 2]]
    z = corners * torch.tensor([3.0, 1.0, 1.0])  # variances 9, 1 and 0
    found = health(z)
    assert found["latent/effective_rank"] == pytest.approx(100 / 82)
    assert found["latent/entropy_rank"] == pytest.approx(math.exp(-(0.9 * math.log(0.9) + 0.1 * math.log(0.1))))
    assert found["latent/dead_dimensions"] == 1
    assert found["latent/std"] == pytest.approx(4 / 3)


def test_wide_and_tall_batches_have_the_same_ranks() -> None:
    torch.manual_seed(0)
    z = torch.randn(6, 40, dtype=torch.float64)
    tall = torch.cat([z, z, z, z, z, z, z, z])  # the same covariance, now from 48 rows
    for key in ("latent/effective_rank", "latent/entropy_rank", "latent/std"):
        assert health(z)[key] == pytest.approx(health(tall)[key], rel=1e-9)


def test_a_collapsed_representation_is_seen() -> None:
    z = torch.ones(5, 4)
    found = health(z)
    assert found["latent/dead_dimensions"] == 4
    assert found["latent/isotropy"] == pytest.approx(0, abs=1e-6)
    assert math.isnan(found["latent/effective_rank"])
    assert math.isnan(found["latent/entropy_rank"])


def test_one_example_nan_and_zero_rows_are_no_error() -> None:
    assert math.isnan(health(torch.ones(1, 3))["latent/isotropy"])
    assert math.isnan(health(torch.tensor([[1.0, torch.nan], [0.0, 1.0]]))["latent/effective_rank"])
    found = health(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert found["latent/isotropy"] == pytest.approx(1)  # the zero row has no direction


def test_the_dictionary_is_ready_for_log_and_the_vector_goes_with_it(tmp_path: Path) -> None:
    run = begun(tmp_path)
    z = torch.tensor([[0.0, 3.0], [2.0, -3.0]], requires_grad=True)
    run.log(bv.latent_health(z), commit=False)
    bv.log_latent_health(z, step=4)
    found = read(run, tmp_path)
    assert found.series("latent/std").steps.tolist() == [0, 4]
    assert found.series("latent/std").values.tolist() == [2.0, 2.0]
    assert found.vectors("latent_std").values.tolist() == [[3.0, 1.0]]


@pytest.mark.parametrize("z", [torch.ones(3), torch.ones(2, 3, 4), torch.ones(0, 4), np.ones((2, 2))])
def test_other_shapes_are_one_sentence(z: torch.Tensor) -> None:
    with pytest.raises(UsageError, match=r"latent health is that of a tensor of shape \(n, d\), got"):
        bv.latent_health(z)


def test_without_a_run_there_is_nothing_to_log_to() -> None:
    with pytest.raises(UsageError, match="has no run to write to"):
        bv.log_latent_health(torch.ones(2, 2))
