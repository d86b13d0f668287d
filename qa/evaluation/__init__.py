"""Test sets in; figures with intervals, reports, comparisons and a gate out."""
