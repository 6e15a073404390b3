"""The time of one recurrent layer, compared with Keras, PyTorch, JAX, onnxruntime and OpenVINO.

    python benchmarks/layers.py                # seven shapes: about a quarter of an hour on 2 cores
    python benchmarks/layers.py --quick        # two shapes, few rounds: two to three minutes
    python benchmarks/layers.py --shape 64,200,128,256 --rounds 30

It runs on CPUs. All implementations take turns, round after round, so that other load affects all
of them. Packages that are not installed are left out (the extra `benchmark` installs all). Each
framework has its own process, as threads affect each other.
"""

# Shapes: B batch, T time, D features, U units.

import argparse
import contextlib
import json
import os
import random
import shlex
import statistics
import subprocess
import sys
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from contestants import PAIRS, contestants, installed, layer_of, of_tensorflow

from keras_gru.experiments.environment import environment
from keras_gru.files import replacing, write_text

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

GRID = [
    (16, 50, 32, 32),
    (32, 50, 32, 64),
    (128, 50, 64, 64),
    (64, 100, 128, 128),
    (32, 500, 64, 128),
    (64, 200, 128, 256),
    (64, 100, 128, 512),
]
QUICK = [(16, 50, 32, 32), (64, 100, 128, 128)]
MODES = ("graph", "XLA", "shards")
MEMORY_SHAPE = (64, 1000, 128, 256)
TEXT = """# A recurrent layer beside other implementations

`{command}`

A ratio is the median over the rounds of the peer's time by ours: above 1, ours is faster. Each
layer is in its fastest mode: a TensorFlow graph, XLA, shards (our layer compiles its own loop and
shards the batch), threads of PyTorch, or eager. "products" are the layer's matrix products alone.
B is the batch, T time, D features, U units.

"""


def measure(shape, rounds):
    """Return the milliseconds of every round: `{kind: {name: {mode: [..]}}}`."""
    others = {"torch": ["torch1", "torch2"], "onnxruntime": ["onnxruntime"], "jax": ["jax"]}
    others["openvino"] = ["openvino"]
    frameworks = ["tensorflow"]
    frameworks += [process for name in others if installed(name) for process in others[name]]
    command = [sys.executable, __file__, "--turns-of"]
    children = [
        subprocess.Popen(
            [*command, framework, ",".join(map(str, shape))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for framework in frameworks
    ]
    times = {"training": {}, "forward": {}}
    for _ in range(rounds + 1):
        for child in children:
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write("\n")
                child.stdin.flush()
            line = child.stdout.readline()
            if not line:
                sys.exit(f"The benchmark of {child.args[3]} failed.")
            for name, mode, kind, taken in json.loads(line):
                times[kind].setdefault(name, {}).setdefault(mode, []).append(taken)
    for child in children:
        child.communicate()
    # In the first round the other frameworks were still compiling.
    return {
        kind: {
            name: {mode: taken[1:] for mode, taken in modes.items()}
            for name, modes in by_name.items()
        }
        for kind, by_name in times.items()
    }


def take_turns(framework, shape):
    """Run one round for each line of the standard input."""
    functions = contestants(framework, tuple(int(size) for size in shape.split(",")))
    for by_mode in functions.values():
        for function in by_mode.values():
            function()
            function()
    runs = [
        (*key, name, run) for name, by_mode in functions.items() for key, run in by_mode.items()
    ]
    order = random.Random(0)  # the first call after waiting is slower
    for _ in sys.stdin:
        taken = []
        for mode, kind, name, run in order.sample(runs, len(runs)):
            start = time.perf_counter()
            run()
            taken.append((name, mode, kind, (time.perf_counter() - start) * 1e3))
        print(json.dumps(taken), flush=True)


def compare(shape, times):
    """Return a row for each pair and kind: the other time by ours, each in its fastest mode."""
    rows = []
    for kind, by_name in times.items():
        best = {
            name: min(modes.items(), key=lambda item: statistics.median(item[1]))
            for name, modes in by_name.items()
        }
        for ours, peer in PAIRS:
            if ours not in best or peer not in best:
                continue
            ratios = [b / a for a, b in zip(best[ours][1], best[peer][1], strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            rows.append(
                {
                    "shape": list(shape),
                    "kind": kind,
                    "ours": ours,
                    "peer": peer,
                    "ours_mode": best[ours][0],
                    "peer_mode": best[peer][0],
                    "ours_ms": statistics.median(best[ours][1]),
                    "peer_ms": statistics.median(best[peer][1]),
                    "ratio": middle,
                    "ratio_quartiles": [low, high],
                }
            )
    return rows


def peak_memory(maker, mode):
    """Return the MiB by which a training step raises the peak memory of a process."""
    command = [sys.executable, __file__, "--memory-of", maker, mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def print_memory(maker, mode):
    import resource

    import tensorflow as tf

    batch, length, features, units = MEMORY_SHAPE

    def step_of(shape):
        x, weigh = tf.random.normal(shape), tf.random.normal((*shape[:2], units))
        return of_tensorflow(layer_of(maker, "gru", units), x, weigh)[mode, "training"]

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    step_of((1, 2, features))()  # the memory of the framework itself
    step = step_of((batch, length, features))
    before = peak()
    step()
    print(peak() - before)


def geometric_means(rows):
    means = []
    for kind in ("training", "forward"):
        for ours, peer in PAIRS:
            ratios = [
                row["ratio"] for row in rows if (row["kind"], row["ours"], row["peer"]) ==
                (kind, ours, peer)
            ]  # fmt: skip
            if ratios:
                mean = statistics.geometric_mean(ratios)
                means.append((kind, ours, peer, mean, min(ratios), len(ratios)))
    return means


def markdown(rows, memory):
    lines = ["| | ours | peer | peer / ours, geometric mean | worst shape | shapes |"]
    lines += ["|---|---|---|---|---|---|"]
    for kind, ours, peer, mean, worst, count in geometric_means(rows):
        lines.append(f"| {kind} | {ours} | {peer} | {mean:.2f} | {worst:.2f} | {count} |")
    lines += ["", "| B, T, D, U | | ours | ms | peer | ms | peer / ours (quartiles) |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for row in rows:
        low, high = row["ratio_quartiles"]
        shape = ", ".join(map(str, row["shape"]))
        lines.append(
            f"| {shape} | {row['kind']} | {row['ours']}, {row['ours_mode']} | {row['ours_ms']:.2f} "
            f"| {row['peer']}, {row['peer_mode']} | {row['peer_ms']:.2f} "
            f"| {row['ratio']:.2f} ({low:.2f} to {high:.2f}) |"
        )
    if memory:
        lines += ["", f"Peak memory of a training step at {MEMORY_SHAPE}, MiB:", ""]
        lines += [f"| | {' | '.join(MODES)} |", "|---|---|---|---|"]
        for maker, modes in memory.items():
            shown = (f"{modes[mode]:.0f}" if mode in modes else "" for mode in MODES)
            lines.append(f"| {maker} gru | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def plot(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    training = [row for row in rows if row["kind"] == "training"]
    pairs = [pair for pair in PAIRS if any((r["ours"], r["peer"]) == pair for r in training)]
    figure, axes = pyplot.subplots(figsize=(8, 0.45 * len(pairs) + 1.2), layout="constrained")
    for place, pair in enumerate(pairs):
        found = [row for row in training if (row["ours"], row["peer"]) == pair]
        ratios = [row["ratio"] for row in found]
        axes.plot(ratios, [place] * len(ratios), "o", color="tab:blue", alpha=0.5)
        axes.plot(statistics.geometric_mean(ratios), place, "|", color="black", markersize=18)
    axes.axvline(1, color="gray", linewidth=1)
    axes.set_yticks(range(len(pairs)), [f"{ours} against {peer}" for ours, peer in pairs])
    axes.invert_yaxis()
    axes.set_xscale("log")
    ticks = [0.5, 1, 2, 4]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    figure.supxlabel("a training step: time of the peer / time of ours; one dot per shape")
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two shapes, five rounds")
    parser.add_argument("--memory", action="store_true", help="measure the peak memory, too")
    parser.add_argument("--shape", action="append", help="B,T,D,U; may be given more than once")
    parser.add_argument("--rounds", type=int, help="rounds of each layer")
    parser.add_argument("--output", type=Path, default=Path("benchmark-layers"), help="a folder")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--turns-of", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.turns_of:
        take_turns(*arguments.turns_of)
        return
    if arguments.memory_of:
        print_memory(*arguments.memory_of)
        return
    if os.getloadavg()[0] > 1:
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): expect wrong ratios.")
    shapes = QUICK if arguments.quick else GRID
    if arguments.shape:
        shapes = [tuple(int(size) for size in shape.split(",")) for shape in arguments.shape]
    rounds = arguments.rounds or (5 if arguments.quick else 9)
    rows = []
    for shape in shapes:
        rows += compare(shape, measure(shape, rounds))
        for row in rows:
            if row["shape"] == list(shape) and row["kind"] == "training":
                print(*shape, row["ours"], "/", row["peer"], f"{row['ratio']:.2f}", flush=True)
    memory = {}
    if arguments.memory:
        for maker, modes in (("ours", MODES), ("keras", MODES[:2])):
            memory[maker] = {mode: peak_memory(maker, mode) for mode in modes}
    arguments.output.mkdir(parents=True, exist_ok=True)
    versions = {"date": str(date.today()), "rounds": str(rounds), **environment()}
    versions |= {name: version(name) for name in ("onnxruntime", "openvino") if installed(name)}
    table = TEXT.format(command=shlex.join(["python", "benchmarks/layers.py", *sys.argv[1:]]))
    table += ", ".join(f"{name} {value}" for name, value in versions.items()) + "\n\n"
    table += markdown(rows, memory)
    write_text(arguments.output / "layers.md", table)
    found = {"environment": versions, "rows": rows, "peak_memory_mib": memory}
    write_text(arguments.output / "layers.json", json.dumps(found, indent=1))
    with replacing(arguments.output / "layers.png") as draft:
        plot(rows, draft)
    print(table)


if __name__ == "__main__":
    main()
