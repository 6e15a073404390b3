"""Write RESULTS.md, and its short form in README.md, from the table of recipes and the stored
results: python tools/results/page.py

Nothing is entered by hand, and the same files produce the same page.
"""

from collections.abc import Iterable, Mapping

from table import FOLDER, Published, Row, holds, rows, stored

from keras_gru.analysis.across_datasets import analyse_across_datasets
from keras_gru.analysis.stored import StoredResult, find_results, read_measurements
from keras_gru.analysis.verdicts import Verdicts, reach_verdicts
from keras_gru.cells import cell_label
from keras_gru.datasets.metric import Metric
from keras_gru.errors import UserError
from keras_gru.files import write_text
from keras_gru.formatting import duration
from keras_gru.report import blocks
from keras_gru.report.markdown import render_table
from keras_gru.report.metric_values import plus_minus, quantity
from keras_gru.report.sections.across_datasets import headline_text as verdicts_text
from keras_gru.report.sections.headline import caution_texts, headline_text
from keras_gru.report.sections.pairs import verdict_text

PAGE = FOLDER.parent / "RESULTS.md"
README = FOLDER.parent / "README.md"
BEGIN, END = "<!-- python tools/results/page.py writes from here -->\n", "<!-- to here -->\n"
CELLS = {name: cell_label(name) for name in ("gru", "lstm", "simple_rnn")}
WORDS = ("Recipe", "Metric", "Published", "Goal", "Cell", "Tuning chose", "Path")
_MOST_PAIRS = 15  # six cells
INTRODUCTION = """\
# Results

Written by `python tools/results/page.py` from [the table of recipes](results/recipes.yaml) and the
files in `results/`, which `python tools/results/run.py NAME` writes after a full run; no number is
entered by hand.

Results are means ± standard deviations over seeds. Differences between cells are ± half of their
confidence interval at 95 %; one that is not significant does not mean that the cells are equal.
Every network was tested once, with the weights of the best validation epoch. Rows that show
validation, like the book that they follow, show the score that selected the weights. If settings
were tuned, every cell had the same trials, with a seed that no run uses, and the best setting on
validation is shown. In rows with †, which are older, the run of the first seed is the best trial of
tuning, which was selected on validation. "The highest (or lowest) tried" means that the best value
was at the end of the list: values beyond it might be better. Published results are shown for
orientation: their protocols are rarely described completely, and they are not the same experiments.

In the column Training, the first time is that of all seeds, with compilation and validation. The
time per epoch is the median without the first epoch. The machines ran other jobs at the same time.
In the column Path, "fused" is the time loop of this package with its own gradient, and "graph" is a
TensorFlow graph without XLA. An asterisk (*) marks runs with other seeds or settings than the
table specifies; their sections list both commands.
"""


def write() -> None:
    """Write RESULTS.md and README.md, atomically."""
    recipes = rows()
    results = {name: stored(name) for name in recipes}
    write_text(PAGE, render(recipes, results))
    write_text(README, with_results(README.read_text(encoding="utf-8"), recipes, results))


def with_results(
    readme: str, recipes: Mapping[str, Row], results: Mapping[str, dict | None]
) -> str:
    """Return the README with results between its two marks: those that others have published, too,
    and the verdict over the atlas.

    Args:
        readme: the text of the README.
        recipes: the rows by name.
        results: what is stored of each; None where a full run has not been made.

    Raises:
        UserError: if a mark is missing.
    """
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise UserError(
            f"README.md: the results stand between the lines {BEGIN.strip()!r} and "
            f"{END.strip()!r}, and one of them is missing; put it back."
        )
    heads = ("Recipe", "Metric", *CELLS.values(), "Best baseline", "Published", "Seeds")
    lines = []
    for name, row in recipes.items():
        if (result := results[name]) is not None and row.published:
            shown = _overview(row, result)
            shown["Recipe"] = shown["Recipe"].replace("(#", "(RESULTS.md#")
            shown["Metric"] += " ↑" if result["metric"]["mode"] == "max" else " ↓"
            shown["Best baseline"] = _best_baseline(row, result)
            lines.append([shown[head] for head in heads])
    return f"{before}{BEGIN}\n{_table(heads, lines)}\n{_across_datasets()}\n\n{END}{after}"


def _across_datasets() -> str:
    across = analyse_across_datasets(map(read_measurements, find_results(["atlas"])))
    return (
        f"**Across datasets** (`keras-gru verdict atlas`: {len(across.datasets)} small tasks, 15 "
        "seeds at the best of 10 random learning rates; equal is within 1 %): "
        + verdicts_text(across)
    )


def _best_baseline(row: Row, result: dict) -> str:
    known = [line[row.split] for line in result["baselines"] if row.split in line]
    metric = Metric(**result["metric"])
    return quantity(max(known, key=metric.score), metric) if known else "–"


def render(recipes: Mapping[str, Row], results: Mapping[str, dict | None]) -> str:
    """Return the page as Markdown.

    Args:
        recipes: the rows by name.
        results: what is stored of each; None where a full run has not been made.
    """
    sections = [_section(row, results[name]) for name, row in recipes.items()]
    lines = [_overview(row, results[name]) for name, row in recipes.items()]
    overview = _table(lines[0], (line.values() for line in lines))
    return "\n".join([INTRODUCTION, "## At a glance\n", overview, *sections])


def _overview(row: Row, result: dict | None) -> dict[str, str]:
    """Return one line of the overview, by column header."""
    measured, means, goal, seeds = row.split, ["not run yet"] * len(CELLS), _goals(row), "–"
    if result is not None:
        measured += f" {result['metric']['label']}"
        cells = result["cells"]
        means = [_mean(cells.get(cell), row.split, result["metric"]) for cell in CELLS]
        goal = _verdict(row, result)
        seeds = str(max(len(cell["test"]["values"]) for cell in cells.values()))
        seeds += "*" * _differs(row, result) + "†" * _selected_first_seed(result)
    return {
        "Recipe": f"[{row.name}](#{row.name})",
        "Metric": measured,
        **dict(zip(CELLS.values(), means, strict=True)),
        "Published": "; ".join(_printed(figure, row, result) for figure in row.published) or "–",
        "Goal": goal,
        "Seeds": seeds,
    }


def _differs(row: Row, result: dict) -> bool:
    """Return whether the settings of the run differ from those of its row."""
    return result["command"] != row.command(row.changes)


def _selected_first_seed(result: dict) -> bool:
    """Return whether the run of the first seed was a trial: older tuning had no other seed."""
    is_tuned = any(cell["tuning"] for cell in result["cells"].values())
    return is_tuned and result.get("tuning_seed") is None


def _section(row: Row, result: dict | None) -> str:
    title = f"## {row.name}\n"
    if result is None:
        return f"{title}\nNot run yet: `python tools/results/run.py {row.name}`\n"
    metric = result["metric"]
    heads = ("Cell", "Validation", "Test", *(published.by for published in row.published))
    heads += ("Parameters", "Units", "Tuning chose", "Training", "Path")
    blank = ["–"] * len(row.published)
    lines = []
    for name, cell in result["cells"].items():
        diverged = f" ({len(cell['diverged'])} diverged)" * bool(cell["diverged"])
        lines.append(
            [
                cell["label"] + diverged,
                _mean(cell, "validation", metric),
                _mean(cell, "test", metric),
                *(published.values.get(name, "–") for published in row.published),
                f"{cell['parameters']:,}",
                f"{cell['units']:,}",
                _chosen(cell["tuning"]),
                f"{duration(cell['seconds'])} ({duration(cell['seconds_per_epoch'])} per epoch)",
                cell["path"],
            ]
        )
    for baseline in result["baselines"]:
        values = [
            quantity(baseline[split], Metric(**metric)) if split in baseline else "–"
            for split in ("validation", "test")
        ]
        lines.append([baseline["label"], *values, *blank, *["–"] * 5])
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    hardware = ", ".join(f"{name}: {value}" for name, value in result["hardware"].items())
    better = "higher" if metric["mode"] == "max" else "lower"
    training_time = duration(result["seconds"])
    goal = f" Goal on {row.split}: {_verdict(row, result)}." * bool(row.goal)
    verdicts = reach_verdicts(StoredResult.model_validate(result).measurements())
    facts = [
        *(_measured_on(figure, row, result) for figure in row.published),
        f"{metric['label']}, {better} is better.{goal}",
        headline_text(verdicts),
        *_pairs(verdicts),
        *caution_texts(verdicts),
        row.note,
        " ".join(result["notes"]),
        f"{result['date']}, {training_time} of training in all; {hardware}; {versions}.",
        f"`{result['command']}`",
    ]
    if _differs(row, result):
        facts.append(f"The table has other settings: `{row.command(row.changes)}`")
    return "\n".join([title, _table(heads, lines), *(f"{fact}\n" for fact in facts if fact)])


def _pairs(verdicts: Verdicts) -> Iterable[str]:
    """Return the pairs of cells, if there are enough seeds, and no more than a reader reads."""
    metric = verdicts.measurements.metric
    texts = [
        f"{pair.label} and {pair.other_label}: {verdict_text(pair, metric).replace(';', ',')}"
        for pair in verdicts.pairs
        if pair.difference is not None
    ]
    return [f"{'; '.join(texts)}."] if 1 < len(texts) <= _MOST_PAIRS else []


def _verdict(row: Row, result: dict) -> str:
    """Return each goal, and whether the mean over seeds reached it."""
    values = {name: cell[row.split]["mean"] for name, cell in result["cells"].items()}
    known = [value for value in values.values() if value is not None]
    if known:
        values["best"] = max(known, key=Metric(**result["metric"]).score)
    outcomes = []
    for name, bound in row.goal.items():
        value = values.get(name)
        if not row.is_comparable(bound, result["dataset"]):
            outcome = "not compared, another task"
        else:
            outcome = "reached" if value is not None and holds(bound, value) else "not reached"
        outcomes.append(f"{_label(name)} {bound} {outcome}")
    return "; ".join(outcomes) or "–"


def _goals(row: Row) -> str:
    return "; ".join(f"{_label(name)} {bound}" for name, bound in row.goal.items()) or "–"


def _printed(figure: Published, row: Row, result: dict | None) -> str:
    values = ", ".join(f"{_label(name)} {value}" for name, value in figure.values.items())
    dataset = row.dataset() if result is None else result["dataset"]
    is_other = bool(figure.differences(dataset, row.split))
    return f"{values} ({figure.by}{'; another task' * is_other})"


def _measured_on(figure: Published, row: Row, result: dict) -> str:
    """Describe the measurement of a published figure."""
    text = (
        f"{figure.by}: {figure.metric} on {figure.split}; {figure.input}; {figure.size} "
        f"({figure.source})."
    )
    differences = figure.differences(result["dataset"], row.split)
    text += f" Another task: {', '.join(differences)}." * bool(differences)
    return text.replace("|", "\\|")


def _label(name: str) -> str:
    return "the best cell" if name == "best" else cell_label(name)


def _chosen(tuning: dict | None) -> str:
    if tuning is None:
        return "–"
    parts = []
    for name, value in tuning["settings"].items():
        edge = f", the {tuning['edges'][name]} tried" if name in tuning["edges"] else ""
        parts.append(f"{name.partition('.')[2]} {value}{edge}")
    return "; ".join(parts)


def _mean(cell: dict | None, split: str, metric: dict) -> str:
    if cell is None or cell[split]["mean"] is None:
        return "–"
    mean, deviation = (cell[split][part] for part in ("mean", "deviation"))
    return plus_minus(mean, deviation, Metric(**metric))


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    columns = [blocks.Column(head, is_text=head in WORDS) for head in heads]
    rows = (blocks.Row(label, values) for label, *values in lines)
    return f"{render_table(columns, rows)}\n"


if __name__ == "__main__":
    write()
    print(PAGE)
