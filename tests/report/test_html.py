"""The HTML page: complete, escaped, and without external resources."""

import base64
import dataclasses
import hashlib
import html
import itertools
import re
from html.parser import HTMLParser

import pytest

from keras_gru.analysis import analyse
from keras_gru.datasets.sequence_dataset import Baseline
from keras_gru.report.blocks import Figure, Section
from keras_gru.report.comparison import comparison_report
from keras_gru.report.html import render_page, write_page
from keras_gru.report.sections.headline import headline_text

from .samples import ACCURACY, BASELINES, comparison, diverged, run, tuned

VOID = {"meta", "br", "hr", "img", "link", "input"}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def render(compared):
    return render_page(comparison_report(analyse(compared)))


class Outline(HTMLParser):
    """The elements of a page; checks that they are nested correctly."""

    def __init__(self, page: str):
        super().__init__()
        self.open, self.elements, self.text = [], [], []
        self.feed(page)
        self.close()
        ids = {attrs.get("id") for _, attrs in self.elements}
        named = {
            attrs["aria-labelledby"] for _, attrs in self.elements if "aria-labelledby" in attrs
        }
        assert named <= ids, "every referenced element is on the page"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def full():
    runs = (run("gru", 0), run("gru", 1, epochs=15), run("lstm", 0), diverged("lstm", 1))
    return comparison(("gru", "lstm"), (0, 1), runs=runs, baselines=BASELINES)


def test_the_page_contains_the_results_of_a_run(full):
    page = render(full)
    text = html.unescape("".join(Outline(page).text))
    for words in (
        headline_text(analyse(full).verdicts),
        "cta_ridership",
        "Tomorrow's rail passengers in Chicago.",
        "31 Jan 2026",
        "Linear model",
        "37,866",
        "1 of 2 diverged",
        "The loss was not a number at epoch 3",
        "learning_rate: 0.001",
        "keras-gru compare",
        "3.15.1",
        "1,096",
        "padding",
    ):
        assert words in text, words


def test_the_page_explains_only_figures_that_are_drawn(full):
    plain = render(comparison())
    alone = render(comparison(seeds=(0,)))
    assert "a band from the lowest to the highest seed" in plain and "band" not in alone
    for words in ("stopped early", "A cross marks the end"):
        assert words in render(full) and words not in plain


def test_the_page_is_complete_and_in_order(full):
    outline = Outline(render(full))
    assert outline.open == []
    assert outline.named("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert len(outline.named("caption")) == len(outline.named("table")) == 3
    assert all(attrs["scope"] in ("col", "row") for attrs in outline.named("th"))
    for attrs in outline.named("svg"):
        assert attrs.get("aria-label") or attrs.get("aria-hidden") == "true"


def test_the_page_loads_nothing(full):
    page = render(full)
    outline = Outline(page)
    assert not {"link", "img", "iframe"} & {tag for tag, _ in outline.elements}
    for _, attrs in outline.elements:
        for name in ("src", "href", "action", "data"):
            assert attrs.get(name, "#").startswith("#")
    assert "://" not in page and "@import" not in page
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))


def test_the_policy_allows_exactly_the_script_of_the_page(full):
    page = render(full)
    outline = Outline(page)
    assert outline.named("script") == [{}]
    (script,) = re.findall("<script>(.*)</script>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [m["content"] for m in outline.named("meta") if "http-equiv" in m]
    assert "default-src 'none'" in policy and policy.endswith(f"; script-src 'sha256-{digest}'")


def test_sections_without_content_are_left_out(full):
    page = render(tuned(label=EVIL))
    assert Outline(page).open == [] and EVIL not in page
    assert 'id="tuning"' in page and 'id="tuning"' not in render(full)
    order = re.findall('<h2 id="(.*?)"', render(full))
    assert order == ["results", "curves", "cost", "data", "runs", "again", "origin"]


def test_every_name_is_escaped():
    runs = (run("gru", 0, label=EVIL), diverged("gru", 1))
    compared = comparison(
        ("gru",),
        (0, 1),
        runs=runs,
        description=EVIL,
        baselines=(Baseline(EVIL, {"mae": 4e4}, {"mae": 4e4}),),
        metadata={"notes": [EVIL], "environment": {EVIL: EVIL}},
    )
    page = render(compared)
    outline = Outline(page)
    assert EVIL not in page
    assert "img" not in {tag for tag, _ in outline.elements}
    assert outline.named("script") == [{}]
    assert not [name for _, attrs in outline.elements for name in attrs if name.startswith("on")]
    assert "".join(outline.text).count(EVIL) >= 8


@pytest.mark.parametrize(
    "compared",
    [
        comparison(runs=()),
        comparison(seeds=(0,), metric=ACCURACY),
        comparison(("gru",), (0,), runs=(diverged("gru", 0),)),
    ],
    ids=["no run", "one seed", "all diverged"],
)
def test_a_page_is_made_of_little_data(compared):
    assert Outline(render(compared)).open == []


def test_the_same_comparison_gives_the_same_page(full):
    assert render(full) == render(full)


def test_an_error_while_rendering_keeps_the_previous_page(tmp_path, full):
    path = tmp_path / "report.html"
    write_page(comparison_report(analyse(full)), path)
    before = path.read_text(encoding="utf-8")
    broken = Figure("broken", lambda canvas: canvas.no_such_method(), "x")
    report = comparison_report(analyse(full))
    sections = [*report.sections, Section("broken", "Broken", [broken])]
    with pytest.raises(AttributeError, match="no_such_method"):
        write_page(dataclasses.replace(report, sections=sections), path)
    assert path.read_text(encoding="utf-8") == before
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
