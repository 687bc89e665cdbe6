"""Writes the figures into the page about performance, between its two markers, and the plots."""

from . import plot
from .scenarios import UNITS

BEGIN, END = "<!-- figures: scripts/bench writes below -->", "<!-- end of figures -->"


def _number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _verdict(scenario, ratio, wanted):
    kept = ratio <= wanted if scenario.less_is_better else ratio >= wanted
    return "yes" if kept else "**no**"


def _row(results, scenario, name):
    values = results.values(scenario.key, name, scenario.unit)
    if not values:
        return None
    cells = [name, _number(results.median(scenario.key, name, scenario.unit)),
             f"{_number(min(values))} to {_number(max(values))}"]
    for unit in ("server_cpu_ns", "p50_us", "p99_us", "lost_percent"):
        if unit != scenario.unit:
            cells.append(_number(results.median(scenario.key, name, unit)))
    ratio = results.ratio(scenario.key, name, scenario.unit) if name != "netaio" else None
    cells.append(_ratio(ratio) if ratio is not None else "")
    return cells


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _scenario(results, scenario, folder, page_folder):
    head = ["", UNITS[scenario.unit], "rounds"]
    head += [title for unit, title in (("server_cpu_ns", "server CPU ns"), ("p50_us", "p50 µs"),
                                       ("p99_us", "p99 µs"), ("lost_percent", "lost %"))
             if unit != scenario.unit]
    head.append("netaio by this")
    rows = [row for row in (_row(results, scenario, name) for name in scenario.takes_part) if row]
    if not rows:
        return []
    used = [i for i in range(len(head)) if i in (0, len(head) - 1) or any(row[i] for row in rows)]
    picture = folder / f"{scenario.key}.svg"
    picture.write_text(plot.bars(scenario.title, UNITS[scenario.unit], [
        (name, results.median(scenario.key, name, scenario.unit), min(values), max(values),
         "ours" if name == "netaio" else "limit" if name == scenario.limit else "other")
        for name in scenario.takes_part
        if (values := results.values(scenario.key, name, scenario.unit))
    ]), encoding="utf-8")
    lines = [f"### {scenario.title}", ""]
    lines += _table([head[i] for i in used], [[row[i] for i in used] for row in rows])
    if scenario.note:
        lines += ["", scenario.note]
    return lines + ["", f"![{scenario.title}]({picture.relative_to(page_folder)})", ""]


def _summary(results, scenarios):
    rows = []
    for scenario in scenarios:
        for other, wanted in scenario.wanted.items():
            ratio = results.ratio(scenario.key, other, scenario.unit)
            if ratio is not None:
                sign = "at most" if scenario.less_is_better else "at least"
                rows.append([scenario.title, other, _ratio(ratio), f"{sign} {wanted:.3g}",
                             _verdict(scenario, ratio, wanted)])
    return _table(["scenario", "netaio by", "ratio", "wanted", "reached"], rows)


def figures(results, scenarios, folder, page_folder):
    rounds = max((len(entries) for key in results.rounds.values() for entries in key.values()),
                 default=0)
    lines = ["### The machine", ""]
    lines += [f"- {name}: {value}" for name, value in results.machine.items()]
    lines += [f"- Rounds: {rounds}, in an order shuffled anew for each"]
    lines += [f"- Did not take part: {name} ({why})" for name, why in results.missing.items()]
    lines += ["", "### Ratios", "", "The median over the rounds of netaio's figure by the other's "
              "in the same round.", ""] + _summary(results, scenarios) + [""]
    for scenario in scenarios:
        lines += _scenario(results, scenario, folder, page_folder)
    return "\n".join(lines)


def write(results, scenarios, page):
    """Replaces the figures of `page` and the pictures beside it."""
    folder = page.parent / page.stem
    folder.mkdir(exist_ok=True)
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(before + BEGIN + "\n\n" + figures(results, scenarios, folder, page.parent) +
                    "\n" + END + after, encoding="utf-8")
