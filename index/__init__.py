"""Passages in, hits out. Knows nothing of answers."""
