"""How the shipped reader was made: `python -m qa.training --data DIR --work DIR`. Needs `train`.

Questions beside passages in, `qa/weights/` out. Each step keeps what it made in the work folder,
and a run that was killed goes on from there.
"""
