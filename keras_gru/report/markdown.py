"""Reports as Markdown: RESULTS.md and CLAIMS.md."""

from collections.abc import Iterable, Sequence

from keras_gru.report.blocks import (
    Block,
    Code,
    Column,
    Definitions,
    Items,
    Report,
    Row,
    Table,
    Text,
)


def render_report(report: Report, introduction: str) -> str:
    """Return a report as Markdown, without figures.

    Args:
        introduction: Markdown below the title.
    """
    parts = [f"# {report.name}", introduction.strip()]
    if report.description:
        parts.append(f"> {report.description} {_links(report.links)}".strip())
    parts.append(f"**{report.headline}**")
    for section in report.sections:
        parts.append(f'<a id="{section.name}"></a>\n\n## {section.heading}')
        parts += filter(None, map(_block, section.blocks))
    return "\n\n".join(parts) + "\n"


def render_table(columns: Sequence[Column], rows: Iterable[Row]) -> str:
    """Return a table as Markdown, with text aligned left and numbers right."""
    rules = ["---" if column.is_text or not n else "---:" for n, column in enumerate(columns)]
    lines = [[column.header for column in columns], rules]
    for row in rows:
        label = f"{row.label} ({row.remark})" if row.remark else row.label
        lines.append([f"[{label}]({row.link})" if row.link else label, *row.values])
    return "\n".join(f"| {' | '.join(map(_clean, line))} |" for line in lines)


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return f"{block.caption}:\n\n{render_table(block.columns, block.rows)}"
    if isinstance(block, Text):
        text = f"**{block.text}**" if block.style == "strong" else block.text
        return f"{text} {_links(block.links)}".strip()
    if isinstance(block, Items):
        return "\n".join(f"- {line}" for line in block.lines())
    if isinstance(block, Code):
        return f"```\n{block.text}\n```" if not block.title else ""
    if isinstance(block, Definitions):
        return "\n".join(f"- {name}: {value}" for name, value in block.items.items())
    return ""


def _links(links: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"[{label}]({url})" for label, url in links)


def _clean(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
