"""The program: `keras-gru` and `python -m keras_gru`."""

import signal

from keras_gru.signals import stop_on_signals


def main() -> None:
    """Run the command line."""
    try:
        with stop_on_signals():  # before imports that take long enough for a Ctrl-C
            from keras_gru.cli import app

            app(prog_name="keras-gru")
    finally:  # no traceback after a Ctrl-C while the interpreter ends
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()
