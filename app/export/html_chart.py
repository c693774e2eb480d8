"""Charts of shares for a page of HTML, drawn as SVG: curves with a legend, and a histogram."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

SIDE = 300  # of a plot of curves
LEGEND_WIDTH = 190
ROW = 18
MOST_ROWS = SIDE // ROW
LONGEST_NAME = 24
LEFT, TOP, BOTTOM = 48, 8, 40  # room for numbers and titles
SHARES = (0, 0.25, 0.5, 0.75, 1)
TICKS = tuple(zip(SHARES, ("start", "middle", "middle", "middle", "end"), strict=True))
BAR_WIDTH, BAR_HEIGHT = 640, 160
BINS = 20
MARGIN = 20  # above and below the bars, for numbers


@dataclass(frozen=True)
class Line:
    """A curve of shares from 0 to 1; `dash` is SVG's, none for a solid line."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    dash: str = ""
    width: float = 1.5


def chart(words: str, x_title: str, y_title: str, lines: Sequence[Line], diagonal: bool = False) -> str:
    """Return drawn curves, both axes from 0 to 1, with the names of as many as there is room for."""
    grid = "".join(
        f'<path d="M{_across(share):.0f} {TOP}V{TOP + SIDE}M{LEFT} {_down(share):.0f}H{LEFT + SIDE}" stroke="#ddd"/>'
        f'<text x="{_across(share):.0f}" y="{TOP + SIDE + 16}" text-anchor="middle">{share:g}</text>'
        f'<text x="{LEFT - 6}" y="{_down(share) + 4:.0f}" text-anchor="end">{share:g}</text>'
        for share in SHARES
    )
    ideal = f'<path d="M{LEFT} {TOP + SIDE}L{LEFT + SIDE} {TOP}" stroke="#888" stroke-dasharray="2 4"/>' * diagonal
    below, beside = f'x="{_across(0.5):.0f}" y="{TOP + SIDE + 34}"', f"translate(12 {_down(0.5):.0f}) rotate(-90)"
    titles = (
        f'<text {below} text-anchor="middle">{escape(x_title)}</text>'
        f'<text transform="{beside}" text-anchor="middle">{escape(y_title)}</text>'
    )
    drawn = "".join(_path(line) for line in lines)
    names = "".join(_name(line, row) for row, line in enumerate(lines[:MOST_ROWS]) if line.name)
    width, height = LEFT + SIDE + LEGEND_WIDTH, TOP + SIDE + BOTTOM
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" font-size="12" role="img" aria-label="{escape(words)}">'
        f'{grid}{ideal}{titles}<g fill="none">{drawn}</g>{names}</svg>'
    )


def _across(share: float) -> float:
    return LEFT + SIDE * share


def _down(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _path(line: Line) -> str:
    points = " ".join(f"{_across(x):.1f},{_down(y):.1f}" for x, y in zip(line.x, line.y, strict=True))
    return f'<polyline points="{points}" {_stroke(line)}><title>{escape(line.name)}</title></polyline>'


def _stroke(line: Line) -> str:
    return f'stroke="{line.colour}" stroke-width="{line.width}" stroke-dasharray="{line.dash or "none"}"'


def _name(line: Line, row: int) -> str:
    y = TOP + ROW * row + ROW // 2
    left = LEFT + SIDE + 12
    name = line.name if len(line.name) <= LONGEST_NAME else f"{line.name[: LONGEST_NAME - 1]}…"
    return f'<path d="M{left} {y}h22" {_stroke(line)}/><text x="{left + 28}" y="{y + 4}">{escape(name)}</text>'


def histogram(values: Sequence[float], words: str) -> str:
    """Return a drawn histogram of values from 0 to 1."""
    counts, _ = np.histogram(np.asarray(values, float), BINS, (0, 1))
    highest = max(1, int(counts.max()))
    width = BAR_WIDTH / BINS
    bars = "".join(
        f'<rect x="{index * width + 1:.1f}" y="{BAR_HEIGHT * (1 - count / highest):.1f}" width="{width - 2:.1f}" '
        f'height="{BAR_HEIGHT * count / highest:.1f}" fill="#0072b2"><title>{count}</title></rect>'
        for index, count in enumerate(counts.tolist())
    )
    ticks = "".join(
        f'<text x="{share * BAR_WIDTH:.0f}" y="{BAR_HEIGHT + 16}" text-anchor="{anchor}">{share:.0%}</text>'
        for share, anchor in TICKS
    )
    lines = "".join(f'<path d="M0 {y}H{BAR_WIDTH}" stroke="#888" stroke-width=".5"/>' for y in (0, BAR_HEIGHT))
    return (
        f'<svg viewBox="0 -{MARGIN} {BAR_WIDTH} {BAR_HEIGHT + 2 * MARGIN}" width="{BAR_WIDTH}" font-size="12" '
        f'role="img" aria-label="{escape(words)}">{lines}<text x="0" y="-4">{highest:,}</text>{bars}{ticks}</svg>'
    )
