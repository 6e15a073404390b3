"""The time and memory to read large files, compared with the library that parses them.

    python benchmarks/reading.py                 # the three files of the table: about a minute
    python benchmarks/reading.py --scale 0.1     # a tenth of the rows
    python benchmarks/reading.py --scale 0.1 1   # both, and the ratio of the times

Each file is read in its own process, on Linux, without the cache and then twice with it. Memory is
the peak of the process minus its memory after the imports (NumPy, pyarrow and keras_gru; reading
does not import TensorFlow). The library is pyarrow.csv.read_csv; for a text, `read().decode()`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

KINDS = ("series", "texts", "text")


def write(kind: str, scale: float, path: Path) -> None:
    """Write a file of a kind: numbers, labelled texts of 40 words, or one long text."""
    rng = np.random.default_rng(0)
    if kind == "series":
        values = rng.normal(100, 10, (int(1_000_000 * scale), 5)).round(3)
        header = ",".join("abcde")
        np.savetxt(path, values, fmt="%.3f", delimiter=",", header=header, comments="")
        return
    words = np.array(
        ["".join(rng.choice([*"etaoinshrdlu"], n)) for n in rng.integers(2, 7, 20_000)]
    )
    ranks = rng.zipf(1.3, 4_000_000) % len(words)
    if kind == "texts":
        with open(path, "w") as file:
            file.write("text,label\n")
            for row in range(int(500_000 * scale)):
                start = row * 7 % (len(ranks) - 40)
                file.write(" ".join(words[ranks[start : start + 40]]) + f",class{row % 4}\n")
        return
    text = " ".join(words[ranks])
    size = int(100_000_000 * scale)
    path.write_text((text * (size // len(text) + 1))[:size])


def memory(name: str) -> int:
    """Return a value of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def read(kind: str, path: str) -> dict:
    """Load a file as a dataset; return seconds and peak memory. Call it in its own process."""
    import pyarrow.compute
    import pyarrow.csv

    from keras_gru import datasets
    from keras_gru.datasets.registry import dataset_kinds

    name = {"series": "csv_series", "texts": "texts", "text": "text_file"}[kind]
    settings = {"targets": ("a", "b", "c", "d", "e")} if kind == "series" else {}
    config = dataset_kinds()[name](path=path, cache=False, **settings)
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = memory("VmRSS")
    start, computed = time.perf_counter(), time.process_time()
    dataset = datasets.load(config)
    seconds, computed = time.perf_counter() - start, time.process_time() - computed
    peak = memory("VmHWM") - before
    start = time.perf_counter()
    if kind == "text":
        Path(path).read_bytes().decode()
    else:
        pyarrow.csv.read_csv(path)
    library = time.perf_counter() - start
    del dataset
    cached = config.model_copy(update={"cache": True})
    again = []
    for _ in range(2):
        start = time.perf_counter()
        dataset = datasets.load(cached)
        again.append(time.perf_counter() - start)
    return {
        "again": again,
        "seconds": seconds,
        "computed": computed,
        "library": library,
        "peak": peak,
        "train": dataset.size("train"),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, nargs="+", default=[1.0])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps(read(*arguments.read)))
        return
    for kind in arguments.kinds:
        before = None
        for scale in sorted(arguments.scale):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / ("a.txt" if kind == "text" else "a.csv")
                write(kind, scale, path)
                size = path.stat().st_size
                command = [sys.executable, __file__, "--read", kind, str(path)]
                done = subprocess.run(
                    command,
                    check=True,
                    capture_output=True,
                    text=True,
                    env={**os.environ, "KERAS_GRU_CACHE_DIR": str(Path(folder) / "cache")},
                )
                found = json.loads(done.stdout)
            print(
                f"{kind:7} {size / 1e6:6.1f} MB: {found['seconds']:6.2f} s "
                f"({found['computed']:.2f} s of all cores), "
                f"{found['peak'] / size:5.1f} × the file's size in memory, "
                f"{found['seconds'] / found['library']:5.1f} × the library's "
                f"{found['library']:.2f} s; {found['train']:,} train sequences; "
                f"with the cache {found['again'][0]:.2f} s, then {found['again'][1]:.2f} s"
                + (f"; {found['seconds'] / before:.1f} × the time before" if before else "")
            )
            before = found["seconds"]


if __name__ == "__main__":
    main()
