"""EPUB to text: the parts of the spine in order, each read as an HTML page."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from backend.adapters.extractors import html
from backend.adapters.extractors.archive import Archive, parse_xml
from backend.adapters.extractors.formats import READS, Limits
from backend.adapters.extractors.sections import Block, segments
from backend.errors import DamagedFile, EncryptedFile, UnsupportedFile
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"}


@dataclass(slots=True)
class _Progress:
    done: int = 0
    unread: int = 0


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a book. A part that cannot be read is left out and counted in the warning."""
    del limits  # the child counts the characters
    with Archive(path) as archive:
        if _CONTAINER not in archive:
            raise UnsupportedFile(f"This archive is no EPUB book. {READS}.")
        _refuse_locked(archive)
        package, folder = _package(archive)
        yield FileSummary(_metadata(package))
        parts = [name for name in _spine(package, folder) if name in archive]
        if not parts:
            raise DamagedFile("The book lists no pages that are in it. Download it again.")
        progress = _Progress()
        total = sum(archive.size(name) for name in parts)
        yield from segments(_blocks(archive, parts, progress), total)
        yield ExtractionEnd(
            f"{progress.unread} of {len(parts)} parts of the book could not be read."
            if progress.unread
            else None
        )


def _blocks(archive: Archive, parts: list[str], progress: _Progress) -> Iterator[Block]:
    for name in parts:
        try:
            data = archive.read(name)
        except DamagedFile:
            progress.unread += 1
            continue
        root = html.parse(data.decode(html.encoding_of(data).name, "replace"))
        progress.done += len(data)
        if root is not None:
            for block in html.blocks(root):
                yield Block(block.text, block.level, progress.done)


def _refuse_locked(archive: Archive) -> None:
    if _ENCRYPTION not in archive:
        return
    methods = parse_xml(archive, _ENCRYPTION).iter("{*}EncryptionMethod")
    if any(method.get("Algorithm") not in _FONT_SCRAMBLING for method in methods):
        raise EncryptedFile("The book is locked by copy protection (DRM). Upload a copy without it.")


def _package(archive: Archive) -> tuple[Any, str]:
    """The root of the package document and the folder that its links start from."""
    for file in parse_xml(archive, _CONTAINER).iter("{*}rootfile"):
        name = unquote(file.get("full-path") or "")
        if name in archive:
            return parse_xml(archive, name), posixpath.dirname(name)
    raise DamagedFile("The book lacks its table of parts. Download it again.")


def _spine(package: Any, folder: str) -> Iterator[str]:  # noqa: ANN401  lxml ships no types
    manifest = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    for reference in package.iterfind("{*}spine/{*}itemref"):
        item = manifest.get(reference.get("idref"))
        if (
            item is None
            or item.get("media-type") not in _PAGES
            or "nav" in (item.get("properties") or "").split()
        ):
            continue
        yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))


def _metadata(package: Any) -> DocumentMetadata:  # noqa: ANN401  lxml ships no types
    def texts(name: str) -> str | None:
        found = (
            element.text
            for element in package.iterfind(f"{{*}}metadata//{{http://purl.org/dc/elements/1.1/}}{name}")
        )
        return ", ".join(text.strip() for text in found if text) or None

    return DocumentMetadata(
        title=texts("title"),
        author=texts("creator"),
        subject=texts("subject"),
        producer=texts("publisher"),
        creation_date=texts("date"),
    )
