"""The analysis of a comparison: computed once, frozen, and stored as JSON."""

import dataclasses
import json

import pytest

from keras_gru.analysis import analyse
from tests.report.samples import BASELINES, comparison, tuned


def test_an_analysis_is_frozen_and_is_stored_as_json():
    analysis = analyse(comparison(baselines=BASELINES))
    with pytest.raises(dataclasses.FrozenInstanceError):
        analysis.cells = ()
    numbers = json.loads(analysis.to_json())
    assert numbers["cells"][0]["test"]["mean"] == analysis.cells[0].test.mean
    assert numbers["verdicts"]["pairs"][0]["half"] == analysis.verdicts.pairs[0].half
    assert numbers["verdicts"]["headline"]["best"] == "gru"
    assert "comparison" not in numbers


def test_the_analysis_contains_what_tuning_chose():
    (row,) = analyse(tuned()).tunings
    assert (len(row.trials), row.diverged) == (3, 1)
    assert row.edges == {"training.learning_rate": "highest"}
