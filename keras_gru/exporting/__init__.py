"""Export to other runtimes: `keras_gru.export` and `keras-gru export`."""
