"""Ctrl-C and SIGTERM end a program within two seconds, whatever it is doing."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

GRACE = 0.5  # seconds to close files, release locks and store trials, of the 2 s that a stop takes
INTERRUPTED = "Stopped. Finished runs are saved. Resume with: keras-gru compare --resume RUN"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_received: int | None = None
_sentences: list[str] = []
_sentence_is_printed = threading.Lock()


@contextlib.contextmanager
def resumable(sentence: str) -> Iterator[None]:
    """Set the message that is printed if a signal stops the block.

    Raises:
        KeyboardInterrupt: with the message, if a signal stopped the block.
    """
    _sentences.append(sentence)
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(sentence) from None
    finally:
        if _received is None:  # after a signal, it may still be printed
            _sentences.pop()


@contextlib.contextmanager
def stop_on_signals() -> Iterator[None]:
    """End the process with 130 after SIGINT and with 143 after SIGTERM, in the block.

    A signal raises KeyboardInterrupt in the main thread. That is not enough: Python raises between
    two bytecodes, so not before native code returns (an import of TensorFlow, a compilation by
    XLA), the exception is lost in some callbacks, and TensorFlow's threads can crash a process that
    exits. So a thread ends the process `GRACE` seconds after the signal, and what ends before does
    so without the interpreter's own clean-up. Nothing happens in a block inside another one, or
    outside the main thread.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is _interrupt:
        yield
        return
    stderr = os.dup(2)  # others may redirect 2 for a while
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = {
        number: signal.signal(number, _interrupt)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # as nohup and a shell's & set it
    }
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_end_after_grace, args=(ours, stderr), daemon=True).start()
    try:
        yield
    finally:
        if _received is not None:
            _end(_received, stderr)
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        theirs.close()  # which ends the thread


def exit_code() -> int:
    """Return the exit code after a KeyboardInterrupt."""
    return 128 + (_received or signal.SIGINT)


def may_print() -> bool:
    """Return whether nothing has been printed about the signal that stops the program."""
    return _received is None or _sentence_is_printed.acquire(blocking=False)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    global _received
    _received = number
    # Raised in a callback of the garbage collector, it would print a traceback.
    sys.unraisablehook = lambda _: None
    raise KeyboardInterrupt


def _end_after_grace(signals: socket.socket, stderr: int) -> None:
    with signals:
        while number := signals.recv(1):
            if number[0] in _SIGNALS:
                time.sleep(GRACE)
                _end(number[0], stderr)
    os.close(stderr)


def _end(number: int, stderr: int) -> NoReturn:
    """End the process and its child processes, without the interpreter's clean-up."""
    global _received
    _received = number
    if may_print():
        sentence = _sentences[0] if _sentences else INTERRUPTED
        os.write(stderr, f"\n{sentence}\n".encode())
    multiprocessing = sys.modules.get("multiprocessing")
    for process in getattr(multiprocessing, "active_children", list)():
        process.kill()
    if threading.current_thread() is threading.main_thread():
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
    os._exit(128 + number)
