"""Files to text."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Protocol

from backend.models.documents import Extracted


class TextExtractor(Protocol):
    """Reads files of many formats without trusting them."""

    def recognise(self, head: bytes, filename: str) -> str:
        """Media type of a file from its first bytes (up to 4096) and, where those do not decide, its name.

        Raises EmptyFile for no bytes, UnsupportedFile (the message lists what is read) for anything
        that is not read or whose content contradicts a binary extension.
        """

    def extract(self, path: Path, media_type: str) -> AsyncGenerator[Extracted]:
        """One FileSummary, then Segments in reading order, then one ExtractionEnd.

        Bounded in memory and time whatever the file holds. Raises a kind of UnreadableFile; closing
        the iterator early stops the work.
        """
