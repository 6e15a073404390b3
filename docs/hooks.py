"""What MkDocs does besides Markdown: equations of docstrings as MathML, and generated pages."""

import functools
import json
import re
import subprocess
import sys
from html import escape, unescape
from pathlib import Path

from latex2mathml.converter import convert

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r'<div class="(?:language-text )?highlight"><pre><span></span><code>(.*?)</code></pre></div>',
    re.DOTALL,
)
EQUATION = re.compile(r"^\s*[^\s=]+(, [^\s=]+)*\s+= .*[⊗σγΣ]|^\s*[^\s=]+\s+= .*(tanh|relu)\(")
SYMBOLS = {
    **{"σ": r"\sigma", "γ": r"\gamma", "β": r"\beta", "ζ": r"\zeta", "ν": r"\nu", "τ": r"\tau"},
    **{"⊗": r"\odot ", "Σ": r"\sum ", "−": "-", "ᵀ": r"^{\top}", "²": "^2", "√": r"\sqrt"},
}
NAMES = re.compile(r"\b(tanh|relu|softplus|exp|log|max|min|where|if|LN)\b")


def on_page_content(html, **_):
    """Render equations, which are plain text in docstrings and Markdown, as MathML."""

    def replaced(block):
        return _rendered(unescape(re.sub("<.*?>", "", block[1]))) or block[0]

    return BLOCK.sub(replaced, html)


def on_page_markdown(markdown, **_):
    """Fill in what is generated: `{{ name }}` on a line of its own."""
    for name, generate in GENERATED.items():
        if f"{{{{ {name} }}}}" in markdown:
            markdown = markdown.replace(f"{{{{ {name} }}}}", generate())
    return markdown


def _rendered(text):
    lines = text.strip("\n").split("\n")
    if not any(map(EQUATION.match, lines)):
        return None
    return f'<div class="equations">{"".join(map(_row, lines))}</div>'


def _row(line):
    if not re.search(r"\s= ", line):
        return f"<p>{escape(line.strip())}</p>"
    equation, _, words = re.sub(r"(?<=\S) {3,}", "\0", line.strip()).partition("\0")
    return f"<p>{convert(latex(equation))}<span>{escape(words)}</span></p>"


def latex(equation):
    """Return an equation as the docstrings write it, such as `σ(x W_xz + b_z)`, in LaTeX."""
    equation = re.sub(r"(?<=[\w'])_(\([^)]*\)|[A-Za-z0-9]+)", r"_{\1}", equation)
    equation = NAMES.sub(r"\\mathrm{\1}", re.sub(r"\s+=\s", " = ", equation))
    equation = re.sub(r"(?<=[\w}')]) (?=[\w(\[])", r"\\,", equation)
    return "".join(SYMBOLS.get(letter, letter) for letter in equation)


def _configuration():
    from keras_gru.experiments.configuration.editor_schema import editor_schema

    schema = editor_schema()
    groups = {"A file": schema, **schema["$defs"]}
    return "\n\n".join(
        _group(title, group) for title, group in groups.items() if "properties" in group
    )


def _group(title, group):
    rows = [
        f"| `{name}` | {_type(setting)} | {_default(setting)} | {_meaning(setting)} |"
        for name, setting in group["properties"].items()
    ]
    about = group.get("description", "").partition("\n\n")[0].replace("\n", " ")
    head = "| Setting | Type | Default | Meaning |\n| --- | --- | --- | --- |"
    return "\n".join([f"## {title}\n\n{about}\n", head, *rows])


def _type(setting):
    if "$ref" in setting:
        name = setting["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in setting:
            return " or ".join(dict.fromkeys(map(_type, setting[several])))
    if "const" in setting or "enum" in setting:
        values = setting.get("enum", [setting.get("const")])
        return ", ".join(f"`{json.dumps(value)}`" for value in values)
    if setting.get("type") == "array":
        return f"list of {_type(setting['items'])}" if "items" in setting else "list"
    bounds = " ".join(
        f"{sign} {setting[key]}"
        for key, sign in {
            "minimum": "≥",
            "exclusiveMinimum": ">",
            "maximum": "≤",
            "exclusiveMaximum": "<",
        }.items()
        if key in setting
    )
    return f"{setting.get('type', 'any')} {bounds}".strip()


def _default(setting):
    return f"`{json.dumps(setting['default'], ensure_ascii=False)}`" if "default" in setting else ""


def _meaning(setting):
    return setting.get("description", "").replace("|", "\\|").replace("\n", " ")


def _command_line():
    command = ["-m", "typer", "keras_gru.cli", "utils", "docs", "--name", "keras-gru"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    return done.stdout.partition("\n")[2]


@functools.cache
def _across_datasets():
    from keras_gru.analysis.across_datasets import analyse_across_datasets
    from keras_gru.analysis.stored import find_results, read_measurements

    return analyse_across_datasets(map(read_measurements, find_results(["atlas"])))


def _verdict():
    from keras_gru.report.markdown import render_report
    from keras_gru.report.verdict import verdict_report

    return render_report(verdict_report(_across_datasets()), "").partition("\n")[2]


def _verdict_in_short():
    from keras_gru.report.sections.across_datasets import headline_text

    return headline_text(_across_datasets())


def _root_page(name):
    """Return a page of the repository's root, without its links to files of the repository."""
    text = (ROOT / name).read_text(encoding="utf-8").partition("\n")[2]
    return re.sub(r"\[([^]]+)\]\((?!https?:|#)[^)]+\)", r"\1", text)


def _measured(name):
    """Return a table of measurements without its heading."""
    path = ROOT / "benchmarks" / "results" / name
    return path.read_text(encoding="utf-8").partition("\n")[2]


GENERATED = {
    "configuration": _configuration,
    "command line": _command_line,
    "results": lambda: _root_page("RESULTS.md"),
    "verdict": _verdict,
    "verdict in short": _verdict_in_short,
    "claims": lambda: _root_page("CLAIMS.md"),
    "export times": lambda: _measured("export.md"),
    "parity": lambda: _measured("parity.md"),
    "changelog": lambda: _root_page("CHANGELOG.md"),
    "contributing": lambda: _root_page("CONTRIBUTING.md"),
}
