"""PPTX to text: slides in the order of the presentation as pages, each with its speaker's notes behind it.

Comments, masters, dates, feet and slide numbers are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from backend.adapters.extractors.archive import Archive, parse_xml
from backend.adapters.extractors.formats import READS, Limits
from backend.adapters.extractors.office import Link, core_properties, links, optional
from backend.adapters.extractors.pptx_shapes import Places, Slide, notes_of, places_of
from backend.errors import DamagedFile, ExtractionLimit, NoTextInFile, UnsupportedFile
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary, Segment

_PRESENTATION = "ppt/presentation.xml"
_NO_TITLES = {"powerpoint presentation", "powerpoint-präsentation", "présentation powerpoint", "slide 1"}
"""What PowerPoint writes where nobody gave a title."""
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a presentation, a slide at a time; a slide that cannot be read is left out and counted."""
    with Archive(path) as archive:
        slides = _slides(archive, _main_part(archive))
        if len(slides) > limits.max_pages:
            raise ExtractionLimit(
                f"The file holds {len(slides):,} slides; at most {limits.max_pages:,} are read. Split it."
            )
        if not slides:
            raise NoTextInFile("The presentation has no slides. Check that it is the right file.")
        yield FileSummary(_metadata(archive), pages=len(slides))
        reader = SlideReader(archive)
        unread = []
        for number, name in enumerate(slides, 1):
            try:
                title, text = reader.read(name)
            except DamagedFile:
                unread.append(number)
                continue
            if text:
                yield Segment(text, number, title, done=number, total=len(slides))
        yield ExtractionEnd(_warning(unread, len(slides)))


def _main_part(archive: Archive) -> str:
    if _PRESENTATION in archive:
        return _PRESENTATION
    for link in links(archive, "").values():  # programs other than PowerPoint may name it otherwise
        if link.kind == "officeDocument" and not link.target.startswith(("word/", "xl/")):
            return link.target
    if "[Content_Types].xml" in archive:
        raise DamagedFile(
            "The presentation lacks its slides. Open it in PowerPoint, save and upload it again."
        )
    raise UnsupportedFile(f"This is a ZIP archive, not a presentation. {READS}.")


def _slides(archive: Archive, main: str) -> list[str]:
    """Names of the slides' parts in the order of the presentation; missing ones stay to be counted."""
    linked = links(archive, main)
    missing = Link("slide", "")
    return [
        linked.get(slide.get(_ID) or slide.get(_STRICT_ID) or "", missing).target
        for slide in parse_xml(archive, main).iterfind("{*}sldIdLst/{*}sldId")
    ]


class SlideReader:
    """Reads the slides of one presentation; the layouts that they share are parsed once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._layout = lru_cache(maxsize=64)(self._read_layout)

    def read(self, name: str) -> tuple[str | None, str]:
        """Title and text of a slide. Raises DamagedFile."""
        if name not in self._archive:
            raise DamagedFile("A slide is missing.")
        linked = links(self._archive, name)
        layout = next((link.target for link in linked.values() if link.kind == "slideLayout"), None)
        places = self._layout(layout) if layout else {}
        diagrams = {key: link.target for key, link in linked.items() if link.kind == "diagramData"}
        slide = Slide(parse_xml(self._archive, name), places, lambda key: self._diagram(diagrams.get(key)))
        blocks = list(slide.blocks())
        notes = next((link.target for link in linked.values() if link.kind == "notesSlide"), None)
        spoken = notes_of(optional(self._archive, notes)) if notes else ""
        if spoken:
            blocks.append(f"Notes: {spoken}")
        return slide.title, "\n\n".join(blocks)

    def _diagram(self, name: str | None) -> object:
        return optional(self._archive, name) if name else None

    def _read_layout(self, name: str) -> Places:
        """Places of a layout's placeholders, and of its master's where the layout says none."""
        master = next(
            (link.target for link in links(self._archive, name).values() if link.kind == "slideMaster"), None
        )
        inherited = places_of(optional(self._archive, master)) if master else {}
        return {**inherited, **places_of(optional(self._archive, name))}


def _metadata(archive: Archive) -> DocumentMetadata:
    found = core_properties(archive)
    return replace(found, title=None) if (found.title or "").strip().lower() in _NO_TITLES else found


def _warning(unread: list[int], total: int) -> str | None:
    if not unread:
        return None
    numbers = ", ".join(map(str, unread[:10])) + (" ..." if len(unread) > 10 else "")  # noqa: PLR2004
    return f"{len(unread)} of {total} slides could not be read (slide {numbers})."
