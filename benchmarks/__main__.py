"""Runs every benchmark, or those named: ``python -m benchmarks [foundation] [jobs] ...``.

Each runs in a process of its own, one after the other; status 1 where a bar was missed. Some need more
than the product (Redis, FAISS's tests, another product as the peer) and say so.
"""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "foundation",
    "embedding",
    "jobs",
    "celery_jobs",
    "answers",
    "questions",
    "question_bars",
    "models",
    "marking",
    "faiss_engine",
    "faiss_network",
    "llamaindex",
)


def main(names: list[str]) -> int:
    """Run them in turn."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    missed = []
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            missed.append(name)
    if missed:
        print(f"a bar was missed, or the run broke off: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
