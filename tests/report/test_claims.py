"""The claims in the terminal and on their page."""

import dataclasses
import html
import io

import pytest
from rich.console import Console

from keras_gru.claims.evidence import Evidence
from keras_gru.claims.plans import PLANNED
from keras_gru.claims.verdicts import CLAIMS, evaluate_claims
from keras_gru.report import claims_plots
from keras_gru.report.claims import claims_report
from keras_gru.report.html import render_page
from keras_gru.report.markdown import render_report
from keras_gru.report.sections.claims_over_all import headline_text, over_all_text, to_decide
from keras_gru.report.sections.claims_text import evaluate, evidence_text
from keras_gru.report.terminal import print_report
from tests.claims.samples import ACCURACY, ORIGIN, cell, comparison, curve, estimate, sweep

from .test_html import EVIL, Outline

JSB, ADDING, CTA, ATIS = PLANNED
ACCURATE = {"metric": ACCURACY, "gru": cell(0.49), "lstm": cell(0.48)}
FULL = {
    JSB.name: Evidence(curve=curve(difference=(-0.3, 0.2), matched="parameters"), sweep=sweep()),
    ADDING.name: Evidence(
        curve=curve(difference=(0.9, 0.5), crossing=estimate(0.4, 0.1), epoch_seconds=estimate(2)),
        sweep=sweep(size=(-0.5, 0.2), rate=(0.4, 0.1)),
    ),
    CTA.name: Evidence(curve=curve(difference=None, need=None), sweep=sweep(size=None, rate=None)),
    ATIS.name: Evidence(curve=curve(difference=(0.01, 0.02), **ACCURATE), sweep=sweep()),
}
ATLAS = {
    f"atlas/{name}": Evidence(comparison=comparison(difference, 0.2))
    for name, difference in {"tasks": -0.3, "of": -0.1, "every": -0.05, "kind": 0.05}.items()
}
PART = {ADDING.name: Evidence(curve=FULL[ADDING.name].curve)}


def render(evidence):
    return render_page(claims_report(evidence))


def text_of(page):
    return html.unescape("".join(Outline(page).text))


@pytest.mark.parametrize("evidence", [FULL, PART, {}], ids=["full", "part", "none"])
def test_the_page_is_complete_and_loads_nothing(evidence):
    outline = Outline(render(evidence))
    assert outline.open == []
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert not {"link", "img"} & {tag for tag, _ in outline.elements}
    assert all("src" not in attrs for _, attrs in outline.elements)
    targets = {a["href"][1:] for a in outline.named("a") if a["href"].startswith("#")}
    assert targets == {claim.name for claim in CLAIMS} <= set(ids)


def test_each_sentence_has_its_figure_its_verdict_its_rule_and_its_commands():
    page = render(FULL)
    outline, text = Outline(page), text_of(page)
    pictures = [attrs for attrs in outline.named("svg") if attrs.get("role") == "img"]
    assert len(pictures) == 2 * len(CLAIMS) and all(picture["aria-label"] for picture in pictures)
    for evaluated in evaluate(FULL):
        assert evaluated.claim.sentence in text and evaluated.claim.rule in text
        assert f"Over all datasets: {evaluated.verdict}." in text
        for plan in PLANNED:
            assert f"{plan.label} ({evaluated.findings[plan.name].verdict}): " in text
            assert evidence_text(evaluated, plan.name) in text
    for plan in PLANNED:
        assert plan.curve_command in text and plan.sweep_command in text
    assert headline_text(FULL) in text and "1 h 02 min of training in all" in text
    assert "wildml.com/2015/10/" in page and "a slow one" in text and "keras 3.15.1" in text


def test_missing_evidence_names_its_command():
    page = render(PART)
    assert f"Bach's chorales (not run yet): {JSB.curve_command}" in text_of(page)
    assert f"Adding problem (not run yet): {ADDING.sweep_command}" in text_of(page)
    assert not [picture for picture in Outline(render({})).named("svg") if picture.get("role")]


def test_sentences_have_the_numbers_of_the_verdict():
    words = {
        (evaluated.claim.name, plan.name): evidence_text(evaluated, plan.name)
        for evaluated in evaluate(FULL)
        for plan in PLANNED
    }
    assert words["no-clear-winner", JSB.name] == (
        "GRU 2.00, LSTM 2.00 MAE: a difference of -0.30 [-0.50, -0.10], GRU better by 15% of its "
        "mean"
    )
    assert words["no-clear-winner", ATIS.name].endswith(
        "; minimum detectable difference: 0.70 with 3 seeds; about 5 seeds would decide it if the "
        "estimate stays the same"
    )
    alike = {JSB.name: Evidence(curve=curve(difference=(0.0, 0.01)))}
    assert evidence_text(evaluate(alike)[0], JSB.name) == (
        "GRU 2.00, LSTM 2.00 MAE: a difference of 0 [-0.010, 0.010], within ±1% of the better "
        "cell's mean"
    )
    assert words["no-clear-winner", CTA.name] == (
        "too few runs have finished, or more of one cell than of the other"
    )
    assert words["lstm-with-enough-data", ADDING.name].endswith(
        "LSTM better by 45% of its mean; the curves cross at 40% [30, 50] of train"
    )
    assert words["fewer-parameters", JSB.name].endswith("; sizes are matched by weights")
    assert words["faster", ADDING.name] == (
        "an epoch of LSTM takes 2.0 times [2.0, 2.0] as long, until 2.50 MAE on validation 1.1 "
        "times [0.60, 1.6]"
    )
    assert words["less-data", ATIS.name] == (
        "GRU needs 1.0 times [0.80, 1.2] as much of train as LSTM; not even 10,000 seeds would "
        "decide it"
    )
    assert words["size-over-cell", JSB.name] == (
        "model.size.units explains 20% [10, 30] of the variance, the cell 10% [5, 15]: beyond "
        "chance a difference of 10 points [-10, 30]; 40 trials, 9 pruned, 1 diverged; about 160 "
        "trials would decide it if the estimate stays the same"
    )
    assert (
        "training.learning_rate 50% [40, 60], model.size.units"
        in (words["learning-rate-first", JSB.name])
    )


def test_the_datasets_of_the_atlas_have_their_verdicts_and_commands():
    report, (winner, *others) = claims_report(FULL | ATLAS), evaluate(FULL | ATLAS)
    text = render_report(report, "")
    assert list(winner.findings) == list(ATLAS)
    assert "- tasks (does not hold): " in text and "- kind (not decided): " in text
    assert report.setup["Experiments"].endswith("4 comparisons of the atlas")
    assert all(list(claim.findings) == [plan.name for plan in PLANNED] for claim in others)


def test_only_undecided_claims_with_all_intervals_say_what_would_decide_them():
    winner, size, *_ = evaluate(FULL | ATLAS)
    (seeds, said), (datasets, also_said) = ways = to_decide(winner)
    assert seeds.split() == ["13", "seeds", "(holds)"]  # then LSTM is better on one, too
    assert "(holds: GRU better on tasks, of, every; LSTM better on kind)" in said
    assert datasets.endswith("datasets (does not hold)") and int(datasets.split()[0]) > len(ATLAS)
    assert over_all_text(winner, ways).endswith(f"{said} {also_said}")
    assert size.verdict == "not decided" and to_decide(size) == []  # one dataset has no interval
    assert to_decide(evaluate(PART)[0]) == []  # three were not run


def test_the_terminal_has_the_verdicts_and_the_commands_that_are_missing():
    out = io.StringIO()
    print_report(claims_report(PART), Console(file=out, width=250))
    said = out.getvalue()
    for claim in CLAIMS:
        assert claim.sentence in said
    assert JSB.curve_command in said and ADDING.sweep_command in said
    assert f"  {ADDING.curve_command}" not in said
    assert said.rstrip().endswith(headline_text(PART))


def test_the_conclusion_counts():
    assert headline_text({}) == (
        "Over all datasets 0 of 7 claims hold, 0 do not, and 7 are not decided; "
        "8 of 8 experiments are not run yet."
    )
    counted = [claim.verdict for claim in evaluate_claims(FULL, [plan.name for plan in PLANNED])]
    assert counted.count("holds") == 1 and counted.count("does not hold") == 0
    assert headline_text(FULL) == (
        "Over all datasets 1 of 7 claims holds, 0 do not, and 6 are not decided."
    )


@pytest.mark.parametrize("name", claims_plots.SCALES)
def test_every_interval_is_drawn_and_lies_inside(name):
    from matplotlib.figure import Figure

    (evaluated,) = (claim for claim in evaluate(FULL) if claim.claim.name == name)
    axes = Figure().add_subplot()
    claims_plots.draw_intervals(axes, evaluated)
    scale, (low, high) = claims_plots.SCALES[name], axes.get_xlim()
    drawn = [x for line in axes.lines for x in line.get_xdata()]
    for finding in claims_plots.drawn(evaluated).values():
        ends = finding.drawn.times(scale.factor)
        assert {ends.value, ends.low, ends.high} <= set(drawn)
        assert low < ends.low and ends.high < high
    assert low < scale.neither < high


def test_names_from_the_evidence_are_escaped():
    origin = ORIGIN.model_copy(update={"command": EVIL, "hardware": {EVIL: EVIL}})
    metric = dataclasses.replace(ACCURACY, label=EVIL)
    page = render(
        {JSB.name: Evidence(curve=curve(**ACCURATE | {"metric": metric, "origin": origin}))}
    )
    assert EVIL not in page and EVIL in text_of(page)


def test_intervals_far_apart_are_all_visible():
    """With advantages of 300% and 1%, the axis is logarithmic and contains 0."""
    far = FULL | {CTA.name: Evidence(curve=curve(difference=(-6.0, 0.5)))}
    (evaluated,) = (claim for claim in evaluate(far) if claim.claim.name == "no-clear-winner")

    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    claims_plots.draw_intervals(axes, evaluated)
    assert axes.get_xscale() == "symlog" and 0 in axes.get_xticks()


def test_as_many_learning_curves_are_drawn_as_there_are():
    from matplotlib.figure import Figure

    curves = {name: curve() for name in "abc"}
    figure = Figure()
    claims_plots.draw_curves(figure, curves, columns=2)
    drawn = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title("left") for axes in drawn] == [f"{name}: test MAE" for name in "abc"]
    for axes in drawn:  # a fraction without finished seeds is left out
        assert [len(line.get_xdata()) for line in axes.lines] == [2, 2]
