"""Entry point of a worker process. Imports nothing slow."""

import multiprocessing
import os
import pickle
import signal
import threading
from multiprocessing.connection import Connection, wait


def run(connection: Connection, task: bytes) -> None:
    """Run a task in a process that ends when its parent ends.

    Args:
        task: a pickled function with its further arguments, from the parent; unpickled here, which
            imports TensorFlow and takes seconds.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    function, *arguments = pickle.loads(task)
    function(connection, *arguments)


def _end_with_parent() -> None:
    """End this process when its parent was killed, before it writes anything else."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a child process
    wait([parent.sentinel])
    os._exit(1)
