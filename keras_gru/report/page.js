"use strict";
// The head of a column sorts the rows under it. Without this script the tables are as they are.

const SECONDS = { h: 3600, min: 60, s: 1 };

/** The number at the start of `1,234 ± 5`, `7 of 12` or `48 to 73%`; the seconds of `3 min 05 s`. */
function number(text) {
  const plain = text.replaceAll(",", "").replace("−", "-");
  if (/^[\d.]+ (h|min|s)\b/.test(plain)) {
    const parts = plain.matchAll(/([\d.]+) (h|min|s)\b/g);
    return [...parts].reduce((sum, [, value, unit]) => sum + value * SECONDS[unit], 0);
  }
  return Number(plain.match(/^[-+]?[\d.]+(e[-+]?\d+)?(?=$|[\s%])/i)?.[0] ?? NaN);
}

/** Numbers first, then words, and last what is not known, whatever the direction. */
function rank(text) {
  return text.startsWith("–") ? 2 : Number(Number.isNaN(number(text)));
}

function compare(one, other, direction) {
  const order = rank(one) ? one.localeCompare(other) : number(one) - number(other);
  return rank(one) - rank(other) || direction * order;
}

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  const bodies = [...table.tBodies].map((body) => [body, [...body.rows]]);

  const sort = (column, direction) => {
    const text = (row) => row.cells[column].textContent.trim();
    for (const [body, rows] of bodies) {
      // A copy: equals keep the order that the page came with.
      body.append(...[...rows].sort((a, b) => compare(text(a), text(b), direction)));
    }
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(column, ascending ? 1 : -1);
    });
    head.append(button);
  });
}
