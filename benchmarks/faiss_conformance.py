"""FAISS's own Python tests, once on FAISS and once on faiss_proxy over a server.

    python -m benchmarks.faiss_conformance --tests DIR [--json]

DIR is the folder ``tests`` of a FAISS checkout at the tag nearest the installed version; its files are run
as they are. The result is also kept in ``benchmarks/results``.
The status is 0 where at least 97 % of what passes with FAISS passes with the proxy, and the
server counted the operations.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import faiss

from benchmarks.common import RESULTS, ROOT, machine, server

FILES = (
    "test_index test_index_accuracy test_factory test_search_params test_merge_index test_io test_clone "
    "test_index_binary test_binary_io test_binary_factory test_binary_search_params test_refine "
    "test_product_quantizer test_graph_based test_index_composite test_meta_index test_autotune "
    "test_wheel_smoke"
).split()
BAR = 0.97

REASONS = (
    ("Callback", "hands a Python callback across"),
    ("raw memory", "hands a raw pointer across"),
    ("OnDisk", "keeps an index in a file, which the server does not open"),
    ("2 != 1", "counts references that SWIG keeps"),
)
"""What an error says, and why that stays different."""

Outcomes = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Comparison:
    """Both sides of one run."""

    plain: Outcomes
    proxy: Outcomes
    operations: int

    @property
    def expected(self) -> list[str]:
        """The tests that pass with FAISS itself."""
        return [name for name, (outcome, _) in self.plain.items() if outcome == "passed"]

    @property
    def differing(self) -> dict[str, str]:
        """Those among them that do not pass with the proxy, and what they say."""
        found = {name: self.proxy.get(name, ("missing", "not collected")) for name in self.expected}
        return {name: said for name, (outcome, said) in found.items() if outcome != "passed"}

    @property
    def share(self) -> float:
        """Of the tests that pass with FAISS."""
        return 1 - len(self.differing) / max(1, len(self.expected))

    @property
    def reached(self) -> bool:
        """Whether the bar is reached, remotely."""
        return self.share >= BAR and self.operations > len(self.expected)


def reason(said: str) -> str:
    """Why a test differs, where its error says so."""
    return next((why for part, why in REASONS if part in said), "see its error")


def outcomes(tests: Path, changes: dict[str, str]) -> Outcomes:
    """Run FAISS's tests in a process with these environment variables."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "outcomes.json"
        path = os.pathsep.join([str(ROOT), str(ROOT / "clients/python")])
        environment = os.environ | {"PYTHONPATH": path, "FAISS_OUTCOMES": str(result)} | changes
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "benchmarks.faiss_in_place",
            "-p",
            "no:cacheprovider",
        ]
        command += ["--no-header", "--tb=short", "--rootdir", str(tests), *(f"{name}.py" for name in FILES)]
        subprocess.run(command, cwd=tests, env=environment, check=False, stdout=sys.stderr)
        known: Outcomes = json.loads(result.read_text())
    return known


def compare(tests: Path) -> Comparison:
    """Both sides, the second over a server of its own."""
    plain = outcomes(tests, {"FAISS_IN_PLACE": "plain"})
    os.environ |= {"SESSION_UPLOADS": "true", "SESSION_MEMORY_MB": "6000", "SAMPLE_DOCUMENT": "false"}
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (_, url):
        with urllib.request.urlopen(_opened(url), timeout=30):  # noqa: S310 - our server
            pass  # a session of ours keeps the count while the tests come and go
        proxy = outcomes(tests, {"FAISS_IN_PLACE": "proxy", "FAISS_PROXY_API_URL": url})
        with urllib.request.urlopen(f"{url}v1/sessions", timeout=30) as answer:  # noqa: S310 - our server
            operations = int(json.load(answer)["operations"])
    return Comparison(plain, proxy, operations)


def _opened(url: str) -> urllib.request.Request:
    return urllib.request.Request(f"{url}v1/sessions", method="POST", data=b"")  # noqa: S310 - our server


def report(compared: Comparison) -> dict[str, object]:
    """What is printed."""
    return {
        "machine": machine(),
        "faiss": faiss.__version__,
        "plain": _counts(compared.plain),
        "proxy": _counts(compared.proxy),
        "passes_with_faiss": len(compared.expected),
        "passes_with_both": len(compared.expected) - len(compared.differing),
        "share": round(compared.share, 4),
        "bar": BAR,
        "reached": compared.reached,
        "operations_on_the_server": compared.operations,
        "differing": {
            name: {"reason": reason(said), "error": said} for name, said in compared.differing.items()
        },
    }


def _counts(found: Outcomes) -> dict[str, int]:
    outcomes_ = [outcome for outcome, _ in found.values()]
    return {each: outcomes_.count(each) for each in ("passed", "failed", "skipped")}


def main() -> int:
    """Compare, print, and say by the status whether the bar is reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faiss_conformance")
    parser.add_argument("--tests", type=Path, required=True, help="the folder tests of a FAISS checkout")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    compared = compare(given.tests)
    said = report(compared)
    (RESULTS / "faiss_conformance.json").write_text(json.dumps(said, indent=2) + "\n")
    if given.json:
        print(json.dumps(said, indent=2))
    else:
        print(
            f"{said['passes_with_both']} of {said['passes_with_faiss']} tests that pass with FAISS "
            f"{said['faiss']} pass with the proxy ({compared.share:.1%}, bar {BAR:.0%}); "
            f"{compared.operations} operations were remote"
        )
        for name, error in compared.differing.items():
            print(f"  {name}: {reason(error)}: {error}")
    return 0 if compared.reached else 1


if __name__ == "__main__":
    sys.exit(main())
