"""DOCX to text: the body in reading order, block by block, then foot- and endnotes.

Running heads and feet are parts of their own and are not read; nor is the generated table of contents.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from backend.adapters.extractors.archive import Archive, parse_xml, refuse_document_type
from backend.adapters.extractors.docx_paragraphs import Paragraphs, w
from backend.adapters.extractors.docx_styles import Numbering, Styles
from backend.adapters.extractors.formats import READS, Limits
from backend.adapters.extractors.office import core_properties, optional
from backend.adapters.extractors.sections import Block, segments
from backend.errors import DamagedFile, UnsupportedFile
from backend.models.documents import Extracted, ExtractionEnd, FileSummary

_DOCUMENT = "word/document.xml"
_RELATIONSHIPS = "_rels/.rels"
_DAMAGED = "The Word file is damaged. Open it in Word, save it again and upload that."


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a Word file; the main part is streamed, so memory follows the largest table."""
    del limits  # the child counts the characters
    with Archive(path) as archive:
        main = _main_part(archive)
        yield FileSummary(core_properties(archive))
        yield from segments(_blocks(archive, main), archive.size(main))
        yield ExtractionEnd()


def _main_part(archive: Archive) -> str:
    if _DOCUMENT in archive:
        return _DOCUMENT
    if _RELATIONSHIPS in archive:  # programs other than Word may name it otherwise
        for link in parse_xml(archive, _RELATIONSHIPS):
            target = (link.get("Target") or "").lstrip("/")
            if (link.get("Type") or "").endswith("/officeDocument") and target in archive:
                if target.startswith(("ppt/", "xl/")):
                    break
                return target
    if "[Content_Types].xml" in archive:
        raise DamagedFile("The Word file lacks its text. Open it in Word, save it again and upload that.")
    raise UnsupportedFile(f"This is a ZIP archive, not a Word document. {READS}.")


def _blocks(archive: Archive, main: str) -> Iterator[Block]:
    folder = main.rpartition("/")[0]
    styles = Styles(optional(archive, f"{folder}/styles.xml"))
    paragraphs = Paragraphs(styles, Numbering(optional(archive, f"{folder}/numbering.xml")))
    with archive.open(main) as stream:
        for element, done in _body(stream):
            for block in paragraphs.blocks(element):
                yield Block(block.text, block.level, done)
    for notes in ("footnotes", "endnotes"):
        root = optional(archive, f"{folder}/{notes}.xml")
        for note in () if root is None else root:
            if note.get(w("type")) in {None, "normal"}:
                for block in paragraphs.blocks(note):
                    yield Block(block.text, None, archive.size(main))


def _body(stream: IO[bytes]) -> Iterator[tuple[Any, int]]:
    """The children of the body one by one, each freed after use, with the bytes read so far."""
    try:
        events = etree.iterparse(
            stream, events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True
        )
        body = None
        first = True
        for event, element in events:
            if first:
                refuse_document_type(element)
                first = False
            if event == "start":
                if body is None and element.tag == w("body"):
                    body = element
            elif body is not None and element.getparent() is body:
                yield element, stream.tell()
                element.clear()
                while element.getprevious() is not None:
                    del body[0]
        if body is None:
            raise DamagedFile(_DAMAGED)
    except (etree.XMLSyntaxError, OSError, ValueError, EOFError) as error:
        raise DamagedFile(_DAMAGED) from error
