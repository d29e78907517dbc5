"""A pytest plugin: ``import faiss`` gives faiss_proxy where FAISS_IN_PLACE=proxy, and outcomes are kept.

    python -m pytest -p benchmarks.faiss_in_place ...

Outcomes go to the file FAISS_OUTCOMES as JSON: test -> [outcome, last line of its error].
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

_outcomes: dict[str, tuple[str, str]] = {}
_WORST_LAST = ("skipped", "passed", "failed")

if os.environ.get("FAISS_IN_PLACE") == "proxy":
    import faiss_proxy

    sys.modules["faiss"] = faiss_proxy


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of a test's phases."""
    if report.when != "call" and report.passed:
        return
    said = str(report.longrepr).strip().splitlines() if report.failed else []
    errors = [line.removeprefix("E").strip() for line in said if line.startswith("E ")]
    known = _outcomes.get(report.nodeid, ("skipped", ""))
    if _WORST_LAST.index(report.outcome) >= _WORST_LAST.index(known[0]):
        _outcomes[report.nodeid] = (report.outcome, (errors or said or [""])[-1 if not errors else 0][:300])


def pytest_sessionfinish() -> None:
    """Write them down."""
    Path(os.environ["FAISS_OUTCOMES"]).write_text(json.dumps(_outcomes))
