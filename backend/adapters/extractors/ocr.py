"""Pages that are images: rendered by pdfium and read by the program tesseract, where it is installed.

Each page is one run of tesseract under the limits of this process, killed with it; the image goes in and
the words come out through pipes, so nothing is written.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from functools import cached_property
from typing import Any

from pypdfium2 import PdfiumError, raw

from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.limits import killed_with_parent
from backend.adapters.extractors.ocr_advice import INSTALL
from backend.adapters.extractors.ocr_words import lines_of
from backend.adapters.extractors.pdf_lines import Line
from backend.errors import ExtractionLimit

_DPI = 300
_MOST_PIXELS = 12_000_000
"""A4 at 300 dpi has 8.7 million."""
_LEAST_PIXELS = 64
_PAGE_S = 60.0
_SHARE = 0.8
"""Of the time for the file: what is read until then is kept."""
_MOST_LANGUAGES = 4
_NO_LANGUAGES = {"osd", "equ"}
_WHITE = 0xFF
_OBJECTS_DEPTH = 3


class Scans:
    """Reads the pages of one file that hold no text, and counts what became of them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left_s = _SHARE * limits.cpu_seconds
        self._em: float | None = None
        self._images = 0
        self._recognised = 0
        self._late = 0
        self._failed = 0

    def lines(self, page: Any) -> list[Line]:  # noqa: ANN401  pypdfium2 ships no types
        """The lines of a page as if they stood there as text; none where there is nothing to see."""
        kinds = _kinds(page)
        if not kinds:
            return []
        self._images += raw.FPDF_PAGEOBJ_IMAGE in kinds
        if not self._limits.ocr or self._limits.tesseract is None:
            return []
        if self._left_s <= 0:
            self._late += 1
            return []
        began = time.monotonic()
        found = self._recognise(page, self._limits.tesseract)
        self._left_s -= time.monotonic() - began
        self._recognised += bool(found)
        return found

    def warning(self, total: int) -> str | None:
        """What a person should know of the pages that are images."""
        said = []
        if self._recognised:
            said.append(
                f"The text of {self._recognised} of {total} pages was recognised from images (OCR) and may "
                "hold mistakes."
            )
        if self._late:
            said.append(
                f"The time did not suffice to recognise {self._late} of {total} pages: split the file, or "
                "raise EXTRACTION_TIMEOUT_S."
            )
        if self._failed:
            said.append(f"Text recognition (OCR) failed on {self._failed} of {total} pages.")
        if self._images and not (self._limits.ocr and self._limits.tesseract):
            advice = f" To have them read, {INSTALL}." if self._limits.ocr else ""
            said.append(f"{self._images} of {total} pages hold only images, which were not read.{advice}")
        return " ".join(said) or None

    def _recognise(self, page: Any, program: str) -> list[Line]:  # noqa: ANN401  pypdfium2 ships no types
        width, height = page.get_size()
        scale = min(_DPI / 72, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
        if min(width, height) * scale < _LEAST_PIXELS:
            return []
        image = _image(page, scale)
        table = self._run(program, image, round(scale * 72)) if image else ""
        if table is None:
            self._failed += 1
            return []
        found, self._em = lines_of(table, 1 / scale, height, self._em)
        return found

    def _run(self, program: str, image: bytes, dpi: int) -> str | None:
        """Tesseract's table of words; None where it fails or takes too long."""
        arguments = [
            "stdin",
            "stdout",
            "-l",
            self._languages,
            "--dpi",
            str(dpi),
            "-c",
            "tessedit_create_tsv=1",
        ]
        return _output([program, *arguments], image, min(_PAGE_S, self._left_s))

    @cached_property
    def _languages(self) -> str:
        """Installed languages joined by '+': who installed one has texts in it. Each more costs time."""
        said = _output([self._limits.tesseract or "", "--list-langs"], b"", _PAGE_S) or ""
        known = [
            name for name in said.splitlines()[1:] if name and "/" not in name and name not in _NO_LANGUAGES
        ]
        known.sort(key=lambda name: name != "eng")
        return "+".join(known[:_MOST_LANGUAGES]) or "eng"


def _output(command: list[str], given: bytes, timeout: float) -> str | None:
    """Standard output of a program; None where it fails or takes too long."""
    environment = {name: os.environ[name] for name in ("SYSTEMROOT", "TESSDATA_PREFIX") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603  the program is the server's choice, the arguments are ours
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
            env={"OMP_THREAD_LIMIT": "1", **environment},
            # the other thread of this process only waits for input, so it holds no lock at the fork
            preexec_fn=killed_with_parent() if sys.platform == "linux" else None,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _kinds(page: Any) -> set[int]:  # noqa: ANN401  pypdfium2 ships no types
    """Whether there are images (or else drawings, which may be letters) on the page."""
    found: set[int] = set()
    for thing in page.get_objects(max_depth=_OBJECTS_DEPTH):
        if thing.type == raw.FPDF_PAGEOBJ_IMAGE:
            return {thing.type}
        found.add(thing.type)
    return found & {raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING}


def _image(page: Any, scale: float) -> bytes:  # noqa: ANN401  pypdfium2 ships no types
    """The page as a grey PGM file; empty where it is white."""
    try:
        bitmap = page.render(scale=scale, grayscale=True)
    except (PdfiumError, MemoryError) as error:
        raise ExtractionLimit("A page of the PDF is too large to be drawn. Save it again as PDF.") from error
    try:
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        data = memoryview(bitmap.buffer).cast("B")
        grey = b"".join(data[row * stride : row * stride + width] for row in range(height))
    finally:
        bitmap.close()
    white = grey.count(_WHITE) == len(grey)
    return b"" if white else b"P5 %d %d 255\n" % (width, height) + grey
