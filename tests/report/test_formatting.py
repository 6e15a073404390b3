import math

import pytest

from keras_gru.experiments.statistics.summary import Spread, plural
from keras_gru.report.formatting import duration, scaled, significant, spread

from .samples import ACCURACY, MAE


def test_a_metric_is_read_in_its_unit():
    assert scaled(0.0378664, MAE) == "37,866"
    assert scaled(0.87349, ACCURACY) == "0.873"
    assert scaled(0.00000287, ACCURACY) == "2.9e-06" and scaled(0.0, ACCURACY) == "0.000"
    assert scaled(0.00027, ACCURACY) == "0.00027"  # no exponent where one can do without
    assert scaled(math.nan, MAE) == "–"


def test_a_deviation_is_shown_where_there_is_one():
    assert spread(Spread(31231.4, 87.6), MAE) == "31,231 ± 88"
    assert spread(Spread(31231.4, None), MAE) == "31,231"
    assert spread(None, MAE) == "–"


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
def test_three_digits_tell(value, text):
    assert significant(value) == text


def test_one_is_no_plural():
    assert (plural(1, "seed"), plural(1200, "seed")) == ("1 seed", "1,200 seeds")
