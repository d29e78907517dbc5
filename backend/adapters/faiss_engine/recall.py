"""How much of what exact search finds a structure finds, and the least effort that is enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence

NEAREST = 10
"""Results that recall is measured with."""
TIE = 1e-6
"""Scores as near as this are those of equals."""
EFFORTS = (32, 64, 128, 256, 512)
"""Candidates of a graph's search, tried in this order."""


def least_effort(
    recall_with: Callable[[int], float], least_recall: float, efforts: Sequence[int] = EFFORTS
) -> tuple[int, float]:
    """The first of some efforts that reaches a recall, else the last; with the recall that it reaches."""
    effort, recall = 0, 0.0
    for effort in efforts:
        recall = recall_with(effort)
        if recall >= least_recall:
            break
    return effort, recall
