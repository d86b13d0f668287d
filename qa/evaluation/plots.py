"""Figures in, inline SVG out, drawn with the report's own colours (`currentColor` and classes)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

SIDE, LEFT, TOP, BOTTOM, RIGHT = 300, 60, 12, 40, 22


def risk_coverage(points: Sequence[Sequence[float]], now: tuple[float, float] | None) -> str:
    """The share of wrong answers over the share of questions answered; `now` is the threshold."""
    if not points:
        return ""
    steps = [f"{'M' if not at else 'L'}{_x(c)} {_y(r)}" for at, (c, r) in enumerate(points)]
    dot = ""
    if now:
        label = f"{now[0]:.0%} answered, {now[1]:.0%} of them wrong"
        dot = (
            f'<circle class="now" cx="{_x(now[0])}" cy="{_y(now[1])}" r="5">'
            f"<title>{label}</title></circle>"
        )
    area = f"{' '.join(steps)} L{_x(points[-1][0])} {_y(0)} L{_x(points[0][0])} {_y(0)} Z"
    shapes = f'<path class="area" d="{area}"/><path class="curve" d="{" ".join(steps)}"/>{dot}'
    return _plot(shapes, "share of questions answered", "of these wrong", "Risk-coverage curve")


def reliability(bins: Sequence[dict[str, Any]]) -> str:
    """The share right over confidence; a well calibrated answer lies on the diagonal."""
    if not bins:
        return ""
    most = max(one["questions"] for one in bins)
    diagonal = f'<path class="ideal" d="M{_x(0)} {_y(0)} L{_x(1)} {_y(1)}"/>'
    dots = []
    for one in bins:
        x, y = _x(one["confidence"]), _y(one["right"])
        radius = 3 + 9 * (one["questions"] / most) ** 0.5
        told = (
            f"{one['questions']} questions, {one['confidence']:.0%} sure, {one['right']:.0%} right"
        )
        dots.append(
            f'<line class="gap" x1="{x}" y1="{y}" x2="{x}" y2="{_y(one["confidence"])}"/>'
            f'<circle class="bin" cx="{x}" cy="{y}" r="{radius:.1f}"><title>{told}</title></circle>'
        )
    return _plot(diagonal + "".join(dots), "confidence", "share right", "Reliability diagram")


def interval(value: float, low: float, high: float) -> str:
    """A line from 0 to 1 with a figure and its interval on it."""
    return (
        '<svg class="interval" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="whole" x1="0" y1="5" x2="100" y2="5"/>'
        f'<rect class="band" x="{low * 100:.1f}" y="2" width="{max(high - low, 0) * 100:.1f}" '
        'height="6" rx="1"/>'
        f'<rect class="value" x="{min(value * 100, 99):.1f}" y="0" width="1" height="10"/></svg>'
    )


def stacked(parts: Iterable[tuple[str, str, int]], label: str) -> str:
    """One bar of several parts: class, name and count of each."""
    present = [part for part in parts if part[2]]
    total = sum(count for _, _, count in present) or 1
    x, shapes = 0.0, []
    for kind, name, count in present:
        width = count / total * 1000
        shapes.append(
            f'<rect class="{escape(kind)}" x="{x:.1f}" y="0" width="{width:.1f}" height="20">'
            f"<title>{escape(name)}: {count}</title></rect>"
        )
        x += width
    return (
        f'<svg class="stacked" viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )


def _plot(shapes: str, across: str, up: str, label: str) -> str:
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    grid = "".join(
        f'<line class="grid" x1="{_x(0)}" y1="{_y(t)}" x2="{_x(1)}" y2="{_y(t)}"/>'
        f'<text x="{LEFT - 8}" y="{_y(t) + 4:.1f}" text-anchor="end">{t:.0%}</text>'
        f'<text x="{_x(t)}" y="{TOP + SIDE + 17}" text-anchor="middle">{t:.0%}</text>'
        for t in (0, 0.25, 0.5, 0.75, 1)
    )
    axes = (
        f'<text class="axis" x="{_x(0.5)}" y="{height - 4}" text-anchor="middle">{across}</text>'
        f'<text class="axis" x="{-_y(0.5)}" y="11" text-anchor="middle" '
        f'transform="rotate(-90)">{up}</text>'
    )
    return (
        f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f"{grid}{axes}{shapes}</svg>"
    )


def _x(share: float) -> float:
    return round(LEFT + share * SIDE, 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * SIDE, 1)
