"""What one source may cost, so that a hostile or broken file is skipped and the rest goes on.

Measured on files made to hurt: a DOCX of 464 KB took 2.2 GB, 200,000 nested `<div>` over 20 s.
Ordinary manuals stay below a tenth of every figure.
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT_BYTES = 20_000_000
TEXT_BYTES = 5_000_000
DEPTH = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may spend on one file; memory is its whole address space."""

    memory_bytes: int = 1_000_000_000
    cpu_s: int = 20
    wall_s: float = 30.0
    files_per_worker: int = 200
