"""A row of a table as a line of text in, where its cells stand in it out.

Every format parts cells by a bar between spaces. Of an empty cell at an edge, whose space is not
kept, the bar alone is left.
"""

from __future__ import annotations

import re

SEPARATOR = " | "
BAR = re.compile(r"(?:^| )\|(?: |$)")


def cells(row: str) -> list[tuple[int, int]]:
    """`(start, end)` of each cell.

    >>> row = "| Mon | Tue"
    >>> [row[start:end] for start, end in cells(row)]
    ['', 'Mon', 'Tue']
    """
    bars = [bar.span() for bar in BAR.finditer(row)]
    starts = [0, *(end for _, end in bars)]
    ends = [*(start for start, _ in bars), len(row)]
    return list(zip(starts, ends, strict=True))
