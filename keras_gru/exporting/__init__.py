"""Files for other runtimes. `keras_gru.export` and `keras-gru export` are the way in."""
