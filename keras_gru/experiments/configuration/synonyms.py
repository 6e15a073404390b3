"""Names of settings in other programs, mapped to their names here."""

_OTHER_NAMES = {
    "activation_dropout": "dropout",
    "attn": "attention",
    "batch": "batch_size",
    "bs": "batch_size",
    "cell": "cells",
    "clip": "clip_norm",
    "clip_value": "clip_norm",
    "clipnorm": "clip_norm",
    "columns": "inputs",
    "csv": "path",
    "data": "dataset",
    "depth": "layers",
    "dtype": "precision",
    "early_stopping": "patience",
    "ema": "average",
    "embedding_dim": "embedding",
    "features": "inputs",
    "file": "path",
    "filename": "path",
    "grad_clip": "clip_norm",
    "gradient_clipping": "clip_norm",
    "hidden": "units",
    "hidden_dim": "units",
    "hidden_size": "units",
    "hidden_units": "units",
    "jit": "jit_compile",
    "lags": "window",
    "lookback": "window",
    "lr": "learning_rate",
    "lr_schedule": "schedule",
    "maxlen": "max_length",
    "mixed_precision": "precision",
    "n_layers": "layers",
    "neurons": "units",
    "num_epochs": "epochs",
    "num_layers": "layers",
    "num_units": "units",
    "opt": "optimizer",
    "random_state": "seeds",
    "scheduler": "schedule",
    "seasonality": "season",
    "seed": "seeds",
    "seq_len": "window",
    "sequence_length": "window",
    "tbptt": "truncate",
    "test_share": "test_fraction",
    "test_size": "test_fraction",
    "test_split": "test_fraction",
    "timesteps": "window",
    "val_fraction": "validation_fraction",
    "validation_share": "validation_fraction",
    "validation_split": "validation_fraction",
    "vocab": "vocabulary",
    "vocab_size": "vocabulary",
    "xla": "jit_compile",
}


def common_name(name: str) -> str:
    """Return the name of a setting here; an unknown name is returned unchanged.

    Example:

    >>> common_name("lr")
    'learning_rate'
    """
    return _OTHER_NAMES.get(name.lower().replace("-", "_"), name)
