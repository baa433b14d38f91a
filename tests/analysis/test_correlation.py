"""Correlations against what is known without computing, at every size that a float can have."""

import numpy as np
import pytest

from belvedere.analysis.correlation import pearson, pearson_of_rows

LINE = np.array([1.0, 2.0, 3.0, 4.0])
BENT = np.array([1.0, 3.0, 2.0, 4.0])


@pytest.mark.parametrize("unit", [1.0, 1e305, 1e-305])
def test_the_unit_does_not_matter(unit: float) -> None:
    assert pearson(LINE * unit, LINE) == pytest.approx(1.0)
    assert pearson(LINE, -LINE * unit) == pytest.approx(-1.0)
    assert pearson(LINE * unit, BENT * unit) == pytest.approx(0.8)


@pytest.mark.parametrize("same", [0.0, 0.1, 1e300])
def test_what_does_not_vary_has_none(same: float) -> None:
    assert np.isnan(pearson(np.full(4, same), LINE))


def test_rows_are_taken_one_by_one() -> None:
    assert pearson_of_rows(np.stack([LINE, LINE]), np.stack([LINE, BENT])).tolist() == pytest.approx([1.0, 0.8])
