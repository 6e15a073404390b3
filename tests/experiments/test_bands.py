"""Prediction intervals of forecasts: coverage, adaptation and width."""

from types import SimpleNamespace

import numpy as np
import pytest

from keras_gru.experiments.bands import Forecasts, find_band


def forecasts_with_errors(errors, spread=None):
    """Return forecasts of zero with these errors (N, H)."""
    truth = np.asarray(errors, float)[..., None]
    spread = np.zeros((len(truth), 1)) if spread is None else spread[:, None]
    return Forecasts(np.arange(len(truth)), np.zeros_like(truth), truth, spread)


def band_of(validation, test, lead=1, series=None):
    preprocessing = SimpleNamespace(spec=SimpleNamespace(lead=lead), series_scalings=series)
    return find_band({"validation": validation, "test": test}, preprocessing)


def test_a_band_has_its_nominal_coverage_if_errors_do_not_change():
    random = np.random.default_rng(0)
    validation, test = (
        forecasts_with_errors(random.normal(size=(4000, 2)) * [1, 9]) for _ in range(2)
    )
    for series in (None, {"a": ()}):
        band = band_of(validation, test, series=series)
        half_width = band.half_width(np.zeros((1, 1)))[0, :, 0]
        np.testing.assert_allclose(half_width, [1.645, 9 * 1.645], rtol=0.1)
        np.testing.assert_allclose(band.coverage(test), 0.9, atol=0.02)
    # Three errors have no 90 % quantile, so the largest is used.
    few = forecasts_with_errors([[1], [2], [3]])
    assert (
        band_of(few, forecasts_with_errors([[0]])).half_width(np.zeros((1, 1)), np.zeros(1)).item()
        == 3
    )


@pytest.mark.parametrize("change", [0.5, 2])
def test_a_band_adapts_to_errors_that_change(change):
    """A band fixed on validation would cover 99.9 % or 59 % of test; this one soon covers 90 %."""
    random = np.random.default_rng(0)
    validation = forecasts_with_errors(random.normal(size=(1000, 1)))
    errors = random.normal(size=(2000, 1)) * change
    test = forecasts_with_errors(errors)
    assert band_of(validation, test).coverage(
        forecasts_with_errors(errors)
    ).item() == pytest.approx(0.9, abs=0.05)
    static = band_of(validation, test, series={"a": ()}).coverage(test).item()
    assert abs(static - 0.9) > 0.08
    end = band_of(validation, test).half_width(np.zeros((1, 1))).item()
    assert end == pytest.approx(1.645 * change, rel=0.15)


@pytest.mark.parametrize(("horizon", "lead"), [(1, 1), (3, 1), (1, 4), (2, 3)])
def test_an_error_is_used_only_after_all_its_true_values_are_known(horizon, lead):
    """The errors are 1 until row 59 of test and 100 from then on."""
    validation, ones = forecasts_with_errors(np.ones((80, horizon))), np.ones((200, horizon))
    # Window n of test ends in row n - lead and forecasts the rows from n on.
    for step in range(horizon):
        ones[60 - step :, step] = 100
    test = forecasts_with_errors(ones)
    widths = band_of(validation, test, lead).half_width(np.zeros((200, 1)), np.arange(200))
    before = slice(0, 60 + lead)  # these windows end in row 59 or earlier
    np.testing.assert_array_equal(widths[before], 1)
    assert widths[60 + lead + 30].min() == 100
    # Later errors do not change earlier widths.
    other = forecasts_with_errors(np.concatenate([ones[:100], 7 * ones[100:]]))
    again = band_of(validation, other, lead).half_width(np.zeros((200, 1)), np.arange(200))
    np.testing.assert_array_equal(widths[:100], again[:100])


def test_a_band_is_wider_after_a_window_with_a_larger_spread():
    random = np.random.default_rng(0)
    spreads = random.uniform(1, 9, (2, 4000))
    validation, test = (
        forecasts_with_errors(random.normal(size=(4000, 1)) * spread[:, None], spread)
        for spread in spreads
    )
    band = band_of(validation, test)
    np.testing.assert_allclose(band.coverage(test), 0.9, atol=0.02)
    narrow, wide = band.half_width(np.array([[1.0], [9.0]]))[:, 0, 0]
    assert wide / narrow == pytest.approx((9 + 2.5) / (1 + 2.5), rel=0.01)


def test_a_band_ignores_a_spread_that_is_unrelated_to_the_errors():
    random = np.random.default_rng(0)
    spreads = random.exponential(3, (2, 4000))
    band = band_of(
        *(forecasts_with_errors(random.normal(size=(4000, 1)), spread) for spread in spreads)
    )
    narrow, wide = band.half_width(np.array([[1.0], [9.0]]))[:, 0, 0]
    assert wide == narrow == pytest.approx(1.645, rel=0.1)
