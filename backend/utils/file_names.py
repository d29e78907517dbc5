"""Names of files that people gave."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_NAME = 200
# Direction marks and other format characters can disguise an extension.
_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def safe_name(filename: str) -> str:
    """A name to show and to search by, never a path: last component, no control or format characters."""
    last = re.split(r"[/\\]", filename)[-1]
    visible = "".join(" " if unicodedata.category(c) in _UNSAFE_CATEGORIES else c for c in last)
    name = " ".join(visible.split())
    if len(name) > _LONGEST_NAME:
        stem, dot, extension = name.rpartition(".")
        ending = f"{dot}{extension}" if dot and len(extension) <= 8 else ""  # noqa: PLR2004 - .markdown
        name = (stem if ending else name)[: _LONGEST_NAME - len(ending)] + ending
    return (name.strip(". ") and name) or "unnamed"
