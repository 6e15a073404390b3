"""Commands on damaged input: how each ended, and how long it took.

`KERAS_GRU_FUZZ` is the number of mutated configs; data files are a fifth of it, damaged run
directories three twentieths. The default is a sample; 1000 is the whole campaign:
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

REFUSED_WITHIN = 2.0  # seconds of processor time; what else the machine does is not counted
HANGS_AFTER = 120  # seconds of wall-clock time
LONGEST_SENTENCE = 8_000  # characters


class _Hangs(BaseException):
    """No handler of the code under test may catch it."""


class Campaign:
    """Cases of bad input, each run once.

    Args:
        title: first word of the summary.
    """

    def __init__(self, title: str):
        self.title = title
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest = (0.0, "none")

    def command(self, case: str, *arguments: object) -> str:
        """Run `keras-gru` with arguments; return what it printed on the standard error stream.

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
        begin, said = time.process_time(), ""
        try:
            with _limited():
                function()
            outcome = "accepted"
        except UserError as error:
            outcome, said = "refused", str(error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome = "traceback"
            last = traceback.format_exception(error)[-8:]
            self.faults.append(f"{case}\n{''.join(last)}")
        seconds = time.process_time() - begin
        self.outcomes[outcome] += 1
        if outcome == "refused":
            if not said.strip() or len(said) > LONGEST_SENTENCE or "Traceback" in said:
                self.faults.append(f"{case}: is not a sentence: {said[:500]!r}")
            if seconds > REFUSED_WITHIN:
                self.faults.append(f"{case}: refused after {seconds:.1f} s")
            self.slowest = max(self.slowest, (seconds, case))
        return said

    def check(self) -> None:
        """Print the summary; fail where there was a traceback or a slow refusal."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        seconds, case = self.slowest
        print(f"{self.title}: {counts}; slowest refusal {seconds:.2f} s ({case})")
        assert not self.faults, f"{len(self.faults)} faults\n\n" + "\n\n".join(self.faults)


def rng_of(kind: str, number: int) -> random.Random:
    """The random numbers of one case, which has the same ones however many cases there are."""
    return random.Random(f"{kind} {number}")


@contextmanager
def _limited():
    def stop(*_):
        raise _Hangs(f"no end after {HANGS_AFTER} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS_AFTER)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
