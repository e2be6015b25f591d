"""The stationary bootstrap, weighted quantiles and Student's t."""

from __future__ import annotations

import numpy as np
import pytest

from gclog.analysis.measure.student import student_quantile, student_two_sided
from gclog.compare.resample import weighted_quantiles, weights_of_draws


def test_every_draw_holds_as_many_slices_as_there_are() -> None:
    weights = weights_of_draws(40, 4.0)
    assert weights.shape == (400, 40)
    assert (weights.sum(axis=1) == 40).all()


def test_the_same_question_gets_the_same_draws() -> None:
    assert (weights_of_draws(30, 3.0) == weights_of_draws(30, 3.0)).all()


def test_a_mean_of_independent_values_scatters_as_theory_says() -> None:
    values = np.random.default_rng(5).normal(10.0, 2.0, 100)
    means = weights_of_draws(100, 1.0, draws=4000) @ values / 100
    assert np.std(means) == pytest.approx(values.std() / 10, rel=0.05)


def test_blocks_see_the_scatter_of_values_that_hang_together() -> None:
    values = np.repeat([1.0, 9.0], 50)[np.random.default_rng(2).permutation(100)]
    together = np.repeat(values[::5], 5)
    alone, in_blocks = (np.std(weights_of_draws(100, block, draws=2000) @ together / 100) for block in (1.0, 10.0))
    assert in_blocks > 1.6 * alone


@pytest.mark.parametrize(
    ("weights", "q", "expected"),
    [
        ([1.0, 1.0, 1.0], 0.5, 20.0),
        ([3.0, 0.0, 0.0], 0.9, 10.0),
        ([0.0, 1.0, 2.0], 0.5, 30.0),
        ([2.0, 1.0, 0.0], 0.5, 10.0),
    ],
    ids=["each once", "the first alone", "the last twice", "the first twice"],
)
def test_a_quantile_counts_a_value_as_often_as_its_slice_was_drawn(weights: list[float], q: float, expected: float) -> None:
    found = weighted_quantiles(np.array([30.0, 10.0, 20.0]), np.array([2, 0, 1]), np.array([weights]), q)
    assert found.tolist() == [expected]


def test_a_draw_without_any_value_has_no_quantile() -> None:
    assert np.isnan(weighted_quantiles(np.array([5.0]), np.array([0]), np.array([[0.0, 2.0]]), 0.5)).all()


@pytest.mark.parametrize(
    ("dof", "expected"), [(4, 2.132), (5, 2.015), (10, 1.812), (30, 1.697), (1e6, 1.645)], ids=lambda value: f"{value:g}"
)
def test_the_95_percent_point_of_student_is_that_of_the_tables(dof: float, expected: float) -> None:
    assert student_quantile(0.95, dof) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("t", "dof", "chance"), [(2.571, 5, 0.05), (-3.169, 10, 0.01), (2.042, 30, 0.05), (1.96, 1e6, 0.05), (0.0, 8, 1.0)]
)
def test_the_chance_of_a_t_is_that_of_the_tables(t: float, dof: float, chance: float) -> None:
    assert student_two_sided(t, dof) == pytest.approx(chance, rel=0.005)
