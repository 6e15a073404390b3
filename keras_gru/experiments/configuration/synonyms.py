"""Names of settings here, and their names in other programs."""

_SYNONYMS = {
    "attention": ("attn",),
    "average": ("ema",),
    "batch_size": ("batch", "bs"),
    "cells": ("cell",),
    "clip_norm": ("clip", "clip_value", "clipnorm", "grad_clip", "gradient_clipping"),
    "dataset": ("data",),
    "dropout": ("activation_dropout",),
    "embedding": ("embedding_dim",),
    "epochs": ("num_epochs",),
    "inputs": ("columns", "features"),
    "jit_compile": ("jit", "xla"),
    "layers": ("depth", "n_layers", "num_layers"),
    "learning_rate": ("lr",),
    "max_length": ("maxlen",),
    "optimizer": ("opt",),
    "path": ("csv", "file", "filename"),
    "patience": ("early_stopping",),
    "precision": ("dtype", "mixed_precision"),
    "schedule": ("lr_schedule", "scheduler"),
    "season": ("seasonality",),
    "seeds": ("random_state", "seed"),
    "test_fraction": ("test_share", "test_size", "test_split"),
    "truncate": ("tbptt",),
    "units": ("hidden", "hidden_dim", "hidden_size", "hidden_units", "neurons", "num_units"),
    "validation_fraction": ("val_fraction", "validation_share", "validation_split"),
    "vocabulary": ("vocab", "vocab_size"),
    "window": ("lags", "lookback", "seq_len", "sequence_length", "timesteps"),
}
_OTHER_NAMES = {synonym: name for name, synonyms in _SYNONYMS.items() for synonym in synonyms}


def common_name(name: str) -> str:
    """Return the name of a setting here; an unknown name is returned unchanged.

    Example:

    >>> common_name("lr")
    'learning_rate'
    """
    return _OTHER_NAMES.get(name.lower().replace("-", "_"), name)
