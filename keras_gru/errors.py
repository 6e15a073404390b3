"""User errors, reported in one sentence."""

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from keras_gru import signals


class UserError(ValueError):
    """Invalid input. The message says what was expected, what was found, and how to fix it.

    The command line prints the sentence and exits with code 2; in Python it is a `ValueError`.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message: the nearest known names, or all if none is near.

    Returns:
        A sentence that starts with a space, such as `" Did you mean 'units'?"`.
    """
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(word) for word in near)}?"
    return f" Known: {', '.join(known)}."


@contextmanager
def one_sentence() -> Iterator[None]:
    """End a program with one sentence instead of a traceback for errors of the user.

    Invalid input and errors of the operating system (a full disk, a file that is too large, too
    little memory) exit with code 2; Ctrl-C with 130 and SIGTERM with 143, within two seconds.
    """
    with signals.stop_on_signals():
        try:
            yield
        except UserError as error:
            _end(str(error), 2)
        except KeyboardInterrupt as interrupt:
            if signals.may_print():
                print(f"\n{interrupt if interrupt.args else signals.INTERRUPTED}", file=sys.stderr)
            sys.exit(signals.exit_code())
        except OSError as error:
            if error.errno is None:
                raise
            _end(f"{error.filename or 'the system'}: {error.strerror}", 2)
        except MemoryError as error:
            _end(f"not enough memory ({error}). Use less data or a smaller network.", 2)


def _end(sentence: str, code: int) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(code)
