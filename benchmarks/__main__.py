"""Runs every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

import sys

from benchmarks.foundation import main

sys.exit(main())
