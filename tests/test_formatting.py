import math

import pytest

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.formatting import duration, plural, significant
from keras_gru.report.metric_values import plus_minus, quantity

MAE = Metric("mae", "min", "MAE (passengers)", digits=0)
ACCURACY = Metric("accuracy", "max", "accuracy", digits=3)
MSE = Metric("mse", "min", "MSE", digits=4)


def test_a_metric_is_formatted_in_its_unit():
    assert quantity(37_866.4, MAE) == "37,866"
    assert quantity(0.87349, ACCURACY) == "0.873"
    assert quantity(0.00000287, ACCURACY) == "2.9e-06" and quantity(0.0, ACCURACY) == "0.000"
    assert quantity(0.00027, ACCURACY) == "0.00027"  # no exponent
    assert quantity(math.nan, MAE) == "–"


def test_a_small_value_has_two_significant_digits():
    assert quantity(0.000137, MSE) == "0.00014"  # not 0.0001, which would be a third less
    assert quantity(0.00137, MSE) == "0.0014"


@pytest.mark.parametrize(
    ("value", "half", "metric", "text"),
    [
        (31231.4, 87.6, MAE, "31,231 ± 88"),
        (31231.4, None, MAE, "31,231"),
        (0.9661, 0.0042, ACCURACY, "0.966 ± 0.004"),
        (0.000137, 0.0000409, MSE, "0.00014 ± 0.00004"),
        (0.000137, 0.0000041, MSE, "0.000137 ± 0.000004"),
        (0.6733, 0.00046, ACCURACY, "0.6733 ± 0.0005"),
        (0.6733, 1e-9, ACCURACY, "0.673 ± 0.000"),
        (-0.00031, 0.0021, ACCURACY, "-0.0003 ± 0.0021"),
        (-0.0000004, 0.02, ACCURACY, "0.000 ± 0.020"),
        (0.5, math.inf, ACCURACY, "0.500"),
        (0.0, 0.0, ACCURACY, "0.000 ± 0.000"),
        (3.2e12, 1.1e12, MSE, "3.20e+12 ± 1.10e+12"),
        (math.nan, 0.1, MAE, "–"),
    ],
)
def test_a_value_and_its_deviation_have_the_same_digits(value, half, metric, text):
    assert plus_minus(value, half, metric) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7620, "2 h 07 min"),
        (math.inf, "–"),
    ],
)
def test_a_duration_never_shows_sixty_of_anything(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.97512, "0.975"), (41.51, "41.5"), (12345, "12,345"), (1e-6, "1.00e-06")],
)
def test_values_have_three_significant_digits(value, text):
    assert significant(value) == text


def test_a_count_of_one_is_singular():
    assert (plural(1, "seed"), plural(1200, "seed")) == ("1 seed", "1,200 seeds")
