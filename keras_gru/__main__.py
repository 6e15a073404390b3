"""`python -m keras_gru` is `keras-gru`."""

from keras_gru.cli import main

main()
