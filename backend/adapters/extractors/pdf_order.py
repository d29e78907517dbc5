"""Reading order of the lines of a page.

Files mostly hold their text in reading order, and that order knows more than geometry does. It is kept
but for what is plainly wrong: bullets drawn apart from their items, and columns drawn row by row.
"""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from backend.adapters.extractors.pdf_lines import SUPERSCRIPTS, Line

_BULLET = re.compile(r"(?:[•●○◦▪■□‣–—*·➢✓►]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])$")
_BULLET_EMS = 5.0
_MAX_RUNS = 3000
"""More runs than a page of text has: a map or an attack, which the comparisons below would make slow."""
_SAME_LINE_EMS = 0.45
_SPACE_EMS = 0.12
_PROSE_WORDS = 4
_COLUMN_LINES = 5
_ALTERNATION = 0.4


def in_reading_order(runs: Sequence[Line]) -> list[Line]:
    """Whole lines in the order in which a person reads them; stamps on the margin come last."""
    if len(runs) > _MAX_RUNS:
        return list(runs)
    level = _with_bullets([run for run in runs if not run.turned])
    gutter = _interleaved_gutter(level)
    ordered = level if gutter is None else _by_columns(level, gutter)
    return _joined(ordered, gutter) + [run for run in runs if run.turned]


def _with_bullets(runs: list[Line]) -> list[Line]:
    """Each lonely bullet joined to the text on its right."""
    bullets = [run for run in runs if _BULLET.match(run.text)]
    if not bullets:
        return runs
    taken: dict[int, Line] = {}
    used: set[int] = set()
    for bullet in bullets:
        item = min(
            (run for run in runs if run is not bullet and id(run) not in taken and _follows(bullet, run)),
            key=lambda run: run.x0,
            default=None,
        )
        if item is not None:
            taken[id(item)] = bullet
            used.add(id(bullet))
    return [_marked(taken.get(id(run)), run) for run in runs if id(run) not in used]


def _follows(bullet: Line, run: Line) -> bool:
    same = abs(bullet.y - run.y) < _SAME_LINE_EMS * max(bullet.size, run.size)
    return same and -0.2 * run.size <= run.x0 - bullet.x1 < _BULLET_EMS * run.size


def _marked(bullet: Line | None, run: Line) -> Line:
    if bullet is None:
        return run
    return replace(run, text=f"{bullet.text} {run.text}", x0=bullet.x0, text_x0=run.x0)


def _joined(runs: list[Line], gutter: float | None) -> list[Line]:
    """Runs of one visual line, cut by raised signs or wide gaps, as one line."""
    lines: list[Line] = []
    for run in runs:
        last = lines[-1] if lines else None
        if last is not None and not last.hyphen and _continues(last, run) and not _parted(last, run, gutter):
            lines[-1] = _fused(last, run)
        else:
            lines.append(run)
    return lines


def _fused(last: Line, run: Line) -> Line:
    """Two runs as one; the longer one tells size and baseline."""
    em = max(last.size, run.size)
    gap = run.x0 - last.x1
    longer = last if len(last.text) >= len(run.text) else run
    raised = gap < 0.3 * em and run.size < 0.85 * last.size and run.y > last.y + 0.15 * last.size
    text = run.text.translate(SUPERSCRIPTS) if raised and run.text.isdigit() else run.text
    return replace(
        last,
        text=last.text + ("" if gap < _SPACE_EMS * em else " ") + text,
        x1=run.x1,
        hyphen=run.hyphen,
        size=longer.size,
        y=longer.y,
        bold=last.bold and run.bold,
        gaps=last.gaps + run.gaps + (gap > em),
    )


def _continues(last: Line, run: Line) -> bool:
    size = max(last.size, run.size)
    same = abs(last.y - run.y) < _SAME_LINE_EMS * size
    return same and -0.4 * size <= run.x0 - last.x1 < 60 * size


def _parted(last: Line, run: Line, gutter: float | None) -> bool:
    return gutter is not None and last.x1 <= gutter <= run.x0


def _interleaved_gutter(runs: list[Line]) -> float | None:
    """Where two columns of prose part, if the file draws them row by row; else None."""
    prose = [run for run in runs if run.text.count(" ") + 1 >= _PROSE_WORDS]
    if len(prose) < 2 * _COLUMN_LINES:
        return None
    gutter = _gutter(prose)
    if gutter is None:
        return None
    sides = [run.x0 >= gutter for run in prose if run.x1 <= gutter or run.x0 >= gutter]
    changes = sum(one != two for one, two in pairwise(sides))
    return gutter if changes >= _ALTERNATION * len(sides) else None


def _gutter(prose: list[Line]) -> float | None:
    """The x that parts most lines of prose into two sides of full lines; None where there is none."""
    best: tuple[int, float] | None = None
    for x in sorted({run.x0 for run in prose}):
        left = [run for run in prose if run.x1 <= x]
        right = [run for run in prose if run.x0 >= x - 1]
        crossing = len(prose) - len(left) - len(right)
        balanced = min(len(left), len(right)) >= _COLUMN_LINES and crossing <= 0.2 * len(prose)
        if balanced and _is_column(left) and _is_column(right) and (best is None or crossing < best[0]):
            best = crossing, x - 0.5
    return best[1] if best else None


def _is_column(lines: list[Line]) -> bool:
    """Whether most lines fill their column, as prose does and the cells of a table do not."""
    width = max(run.x1 for run in lines) - min(run.x0 for run in lines)
    return median(run.x1 - run.x0 for run in lines) > 0.7 * width


def _by_columns(runs: list[Line], gutter: float) -> list[Line]:
    """Lines across both columns part the page into bands; in each the left column comes first."""
    ordered: list[Line] = []
    left: list[Line] = []
    right: list[Line] = []
    for run in sorted(runs, key=lambda line: -line.y):
        if run.x1 <= gutter:
            left.append(run)
        elif run.x0 >= gutter:
            right.append(run)
        else:
            ordered += _rows(left) + _rows(right) + [run]
            left, right = [], []
    return ordered + _rows(left) + _rows(right)


def _rows(runs: list[Line]) -> list[Line]:
    """Runs of a column from top to bottom, those of one row from left to right."""
    rows: list[list[Line]] = []
    for run in runs:
        if rows and abs(rows[-1][0].y - run.y) < _SAME_LINE_EMS * run.size:
            rows[-1].append(run)
        else:
            rows.append([run])
    return [run for row in rows for run in sorted(row, key=lambda line: line.x0)]
