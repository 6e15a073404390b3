"""What a user can get wrong, said in one sentence."""

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(ValueError):
    """A mistake in what the user handed in: what was wrong, what was received, what would be right.

    The command line prints the sentence and exits with code 2; in Python it is a `ValueError`.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error sentence: the nearest known names, or all of them where none is near.

    Args:
        name: what was received.
        known: the names that would be right.

    Returns:
        A sentence that starts with a blank, such as `" Did you mean 'units'?"`.
    """
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(word) for word in near)}?"
    return f" Known: {', '.join(known)}."


@contextmanager
def one_sentence() -> Iterator[None]:
    """Ends a script on a user's mistake with the sentence and exit code 2, not with a traceback."""
    try:
        yield
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
