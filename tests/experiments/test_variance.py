"""What a seed changes: each source of variance alone, in a run directory of its own."""

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.experiments import fitting
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.variance import vary_sources

from .helpers import Recorder, tiny


@pytest.mark.parametrize("vary", [("initialization",), ("order",)])
def test_a_seed_changes_the_initial_weights_where_it_is_to(tmp_path, vary):
    experiment = tiny(tmp_path, seeds=(5, 6)).model_copy(update={"vary": vary})
    dataset = datasets.load(experiment.dataset)
    one, other = (
        fitting.build(experiment, dataset, "gru", seed).get_weights()[0] for seed in (5, 6)
    )
    assert np.array_equal(one, other) == (vary == ("order",))


def test_each_source_is_varied_alone_and_nothing_is_repeated(tmp_path):
    experiment = tiny(tmp_path, seeds=(0, 1), cells=("simple_rnn",), training={"epochs": 1})
    listener = Recorder()
    whole = vary_sources(experiment, listener=listener)
    folder = RunDirectory(whole.path)
    sources = folder.sources()
    assert {name: of.experiment.vary for name, of in sources.items()} == {
        name: (name,) for name in ("initialization", "order", "split")
    }
    tested = {name: of.tested("simple_rnn") for name, of in sources.items()}
    # The first seed is the same network, but for the split, and the second another one.
    first = whole.tested("simple_rnn")[0]
    assert tested["initialization"][0] == tested["order"][0] == first != tested["split"][0]
    seconds = {whole.tested("simple_rnn")[1], *(of[1] for of in tested.values())}
    assert len(seconds) == 4 and first not in seconds
    again = vary_sources(experiment, run_directory=folder)
    assert again.runs == whole.runs
