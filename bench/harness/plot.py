"""Bar charts as SVG, without anything to install."""

from xml.sax.saxutils import escape

WIDTH, LABELS, BAR, GAP, RIGHT = 760, 190, 18, 8, 110
INK, GRID, OURS, LIMIT, OTHER = "#333333", "#dddddd", "#2f6f9f", "#888888", "#b9c9d6"


def short(number):
    for bound, unit in ((1e6, "M"), (1e3, "k")):
        if number >= bound:
            return f"{number / bound:.3g}{unit}"
    return f"{number:.3g}"


def bars(title, unit, rows):
    """`rows` are (name, median, lowest, highest, kind), kind being ours, limit or other."""
    top = 44
    height = top + len(rows) * (BAR + GAP) + 14
    longest = max(row[3] for row in rows) or 1
    scale = (WIDTH - LABELS - RIGHT) / longest
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="8" y="18" font-size="14" font-weight="bold">{escape(title)}</text>',
        f'<text x="8" y="34">{escape(unit)}; the line shows the rounds from lowest to highest</text>',
    ]
    colours = {"ours": OURS, "limit": LIMIT, "other": OTHER}
    for index, (name, median, low, high, kind) in enumerate(rows):
        y = top + index * (BAR + GAP)
        middle = y + BAR / 2
        parts += [
            f'<text x="{LABELS - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LABELS}" y="{y}" width="{max(median * scale, 1):.1f}" height="{BAR}"'
            f' fill="{colours[kind]}"/>',
            f'<line x1="{LABELS + low * scale:.1f}" y1="{middle}" x2="{LABELS + high * scale:.1f}"'
            f' y2="{middle}" stroke="{INK}"/>',
            f'<text x="{LABELS + high * scale + 6:.1f}" y="{middle + 4}">{short(median)}</text>',
        ]
    return "\n".join(parts + ["</svg>", ""])
