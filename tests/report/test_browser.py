"""The page in a real browser, at the width of a phone and of a desktop."""

import shutil

import pytest

from keras_gru.analysis import analyse
from keras_gru.report.blocks import Column, Report, Row, Section, Table
from keras_gru.report.comparison import comparison_report
from keras_gru.report.html import render_page, write_page
from keras_gru.report.sections.headline import headline_text
from keras_gru.report.sections.results import COLUMNS

from .samples import BASELINES, comparison, diverged, run

HEADERS = [column.header for column in COLUMNS]
SEEDS = (0, 1, 2)  # fewer give no interval, and no figure of differences
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no Chromium with its chromedriver on the path")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def sample():
    long = "A cell with " + "a_name_that_goes_on_" * 4
    runs = [run(cell, seed) for cell in ("gru", "lstm") for seed in SEEDS]
    runs += [diverged("simple_rnn", 0), *(run("simple_rnn", seed) for seed in SEEDS[1:])]
    runs += [run("mine", seed, label=long) for seed in SEEDS]
    cells = ("gru", "lstm", "simple_rnn", "mine")
    return comparison(cells, SEEDS, runs=tuple(runs), baselines=BASELINES)


@pytest.fixture(params=[360, 390, 1280], ids="{} px".format)
def page(request, browser, sample, tmp_path):
    """The page, opened at one width in the light color scheme."""
    write_page(comparison_report(analyse(sample)), tmp_path / "report.html")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": request.param, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    prefer(browser, "light")
    browser.get((tmp_path / "report.html").as_uri())
    return browser


def prefer(browser, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def luminance(browser, selector, name):
    """Return the relative luminance (WCAG) of a displayed color."""
    colour = browser.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]",
        selector,
        name,
    )
    channels = [int(c) / 255 for c in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_nothing_overflows_and_the_console_has_no_errors(page):
    width, inner = page.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width <= inner
    for caption in page.find_elements("css selector", "caption span"):
        assert caption.rect["x"] + caption.rect["width"] <= inner  # no caption is cut off
    scrolling = "return arguments[0].scrollWidth > arguments[0].clientWidth"
    table = page.find_element("css selector", ".scroll:has(.results)")
    assert not page.execute_script(scrolling, table)
    assert page.get_log("browser") == []
    loaded = page.execute_script("return performance.getEntriesByType('resource').length")
    assert loaded == 0


def test_the_conclusion_comes_first(page, sample):
    conclusion = page.find_element("css selector", ".conclusion")
    assert conclusion.is_displayed()
    assert conclusion.text == headline_text(analyse(sample).verdicts)
    assert conclusion.rect["y"] + conclusion.rect["height"] < 800


def test_each_figure_is_visible_once(page):
    shown = [
        svg
        for svg in page.find_elements("css selector", "figure svg[role=img]")
        if svg.is_displayed()
    ]
    assert len(shown) == 3
    for svg in shown:
        assert svg.rect["width"] > 250 and svg.rect["height"] > 200
    letters = page.execute_script(
        "return [...document.querySelectorAll('figure svg text')].map("
        "t => t.getBoundingClientRect().height).filter(h => h > 0)"
    )
    assert min(letters) > 9  # line height in pixels: small but readable


def test_tables_scroll_horizontally_and_keep_the_first_column_visible(page):
    table = page.find_element("css selector", ".scroll")
    page.execute_script("arguments[0].scrollLeft = 10000", table)
    name = table.find_element("css selector", "tbody th")
    assert name.rect["x"] >= table.rect["x"] - 1


def test_no_label_covers_a_number(page):
    overlaps = page.execute_script(
        "return [...document.querySelectorAll('tbody tr')].filter(row => {"
        "  const name = row.querySelector('th'), range = document.createRange();"
        "  range.selectNodeContents(name);"
        "  return range.getBoundingClientRect().right > name.getBoundingClientRect().right + 1;"
        "}).map(row => row.textContent)"
    )
    assert overlaps == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_in_light_and_dark(page, scheme):
    prefer(page, scheme)
    ground = luminance(page, "body", "backgroundColor")
    assert ground > 0.9 if scheme == "light" else ground < 0.05
    for selector, name in (
        ("body", "color"),
        (".setup dt", "color"),
        ("section > p", "color"),
        (".remark", "color"),
        ("figure svg text", "fill"),
    ):
        text = luminance(page, selector, name)
        contrast = (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
        assert contrast >= 4.5, (selector, contrast)  # WCAG AA
    for number in range(1, 5):
        mark = luminance(page, f".key li:nth-child({number}) path:last-child", "fill")
        assert (max(mark, ground) + 0.05) / (min(mark, ground) + 0.05) >= 3


def column(browser, table, number):
    """Return the texts of a column of a table, from top to bottom."""
    cells = browser.find_elements("css selector", f"{table} tbody tr > :nth-child({number})")
    return [cell.text for cell in cells]


@pytest.fixture
def rows(browser, tmp_path):
    """A function that opens a page with a table of these values and returns the sorted column."""

    def rows(values):
        lines = [Row(str(number), (value,)) for number, value in enumerate(values)]
        table = Table("results", "Values", (Column("Row"), Column("Value")), lines)
        report = Report("Values", "Values", "", [Section("s", "Values", [table])])
        write_page(report, tmp_path / "page.html")
        browser.get((tmp_path / "page.html").as_uri())
        (_, head) = browser.find_elements("css selector", "thead button")
        orders = []
        for _ in range(2):
            head.click()
            orders.append(column(browser, ".results", 2))
        return orders

    return rows


@pytest.mark.parametrize(
    "ordered",
    [
        ["−0.5 ± 2", "7", "1,234 ± 5", "20,000", "1.2e+09"],
        ["0.4 s", "12 s", "3 min 05 s", "3 min 11 s", "2 h 07 min"],
        ["3 of 12", "12 of 12"],
        ["7 for 0.1", "33 for 0.02"],
        ["4 to 9%", "61 to 70%", "100%"],
        ["huber", "mse"],
    ],
)
def test_numbers_sort_as_numbers_and_unknown_ones_last(rows, ordered):
    ascending, descending = rows([*ordered[1::2], "–", *ordered[::2]])
    assert ascending == [*ordered, "–"]
    assert descending == [*reversed(ordered), "–"]


def test_equal_values_keep_their_order(rows, browser):
    rows(["2", "1", "2", "1"])
    assert column(browser, ".results", 1) == ["0", "2", "1", "3"]  # descending


def test_a_table_sorts_by_keyboard_with_aria_sort_and_baselines_last(page, sample):
    before = column(page, ".results", 1)
    baselines = [baseline.label for baseline in BASELINES]
    assert before[-2:] == baselines
    heads = page.find_elements("css selector", ".results thead th")
    assert [head.text for head in heads] == HEADERS
    button = heads[HEADERS.index("Parameters")].find_element("css selector", "button")
    for key, order in (("\n", "ascending"), (" ", "descending")):
        button.send_keys(key)
        assert [head.get_attribute("aria-sort") for head in heads] == [
            order if header == "Parameters" else None for header in HEADERS
        ]
        shown = column(page, ".results", 4)
        cells = [int(text.replace(",", "")) for text in shown[:4]]
        assert cells == sorted(cells, reverse=order == "descending")
    assert sorted(column(page, ".results", 1)[-2:]) == sorted(baselines)
    assert len(page.find_elements("css selector", "[aria-sort]")) == 1
    heads[0].find_element("css selector", "button").click()
    assert column(page, ".results", 1)[:4] == sorted(before[:4])
    assert page.get_log("browser") == []


def test_only_the_script_of_the_page_runs(browser, tmp_path):
    attack = "<script>document.title = 'done'</script><img src=x onerror=\"document.title='done'\">"
    page = render_page(Report("Safe", "Safe", "HEADLINE", [])).replace("HEADLINE", attack)
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    assert browser.title == "Safe"
    browser.get_log("browser")  # removes the entry about the blocked script
