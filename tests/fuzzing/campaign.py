"""Run commands on damaged input; record how each ended and how long it took.

`KERAS_GRU_FUZZ` is the number of mutated configs; there are a fifth as many data files, and three
twentieths as many damaged run directories. The default is a small sample. For a full campaign:
`KERAS_GRU_FUZZ=1000 pytest -n 0 -rP tests/fuzzing`.
"""

import os
import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

from typer.testing import CliRunner

from keras_gru.cli import app
from keras_gru.errors import UserError

CONFIGS = int(os.environ.get("KERAS_GRU_FUZZ", "20"))
DATA_FILES = CONFIGS // 5
RUN_DIRECTORIES = CONFIGS * 3 // 20

REJECTED_WITHIN = 2.0  # seconds of processor time, so that a busy machine does not matter
HANGS_AFTER = 120  # seconds of wall-clock time
LONGEST_SENTENCE = 8_000  # characters


class _Hangs(BaseException):
    """A BaseException, so that the code under test does not catch it."""


class Campaign:
    """Runs cases of bad input and collects faults.

    Args:
        title: first word of the summary.
    """

    def __init__(self, title: str):
        self.title = title
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest = (0.0, "none")

    def command(self, case: str, *arguments: object) -> str:
        """Run `keras-gru` with arguments; return what it printed on stderr.

        It must exit with 0, or with 2 and a sentence; any other exception is a fault.
        """
        line = f"{case}: keras-gru {' '.join(map(str, arguments))}"[:600]

        def invoke() -> str:
            result = CliRunner().invoke(app, [str(argument) for argument in arguments])
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            if result.exit_code == 2:
                raise UserError(result.stderr)
            if result.exit_code:
                raise RuntimeError(f"exit code {result.exit_code}: {result.output}")
            return result.stderr

        return self.call(line, invoke)

    def call(self, case: str, function: Callable[[], object]) -> str:
        """Call a function that may return or raise `UserError`; return the error's sentence."""
        begin, message = time.process_time(), ""
        try:
            with _limited():
                function()
            outcome = "accepted"
        except UserError as error:
            outcome, message = "rejected", str(error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome = "traceback"
            last = traceback.format_exception(error)[-8:]
            self.faults.append(f"{case}\n{''.join(last)}")
        seconds = time.process_time() - begin
        self.outcomes[outcome] += 1
        if outcome == "rejected":
            if not message.strip() or len(message) > LONGEST_SENTENCE or "Traceback" in message:
                self.faults.append(f"{case}: is not a sentence: {message[:500]!r}")
            if seconds > REJECTED_WITHIN:
                self.faults.append(f"{case}: rejected after {seconds:.1f} s")
            self.slowest = max(self.slowest, (seconds, case))
        return message

    def check(self) -> None:
        """Print the summary; fail if there was a traceback or a slow rejection."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        seconds, case = self.slowest
        print(f"{self.title}: {counts}; slowest rejection {seconds:.2f} s ({case})")
        assert not self.faults, f"{len(self.faults)} faults\n\n" + "\n\n".join(self.faults)


def rng_of(kind: str, number: int) -> random.Random:
    """Return the random numbers of one case; they do not depend on the number of cases."""
    return random.Random(f"{kind} {number}")


@contextmanager
def _limited():
    def stop(*_):
        raise _Hangs(f"no end after {HANGS_AFTER} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS_AFTER)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
