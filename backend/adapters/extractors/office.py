"""What Office files have in common: parts that may be missing, links between parts, core properties."""

from __future__ import annotations

import posixpath
from typing import Any, NamedTuple

from backend.adapters.extractors.archive import Archive, parse_xml
from backend.errors import DamagedFile
from backend.models.documents import DocumentMetadata

_CORE = "docProps/core.xml"


class Link(NamedTuple):
    """From one part to another."""

    kind: str
    """Last word of the link's type, e.g. 'slideLayout'."""
    target: str
    """Name of the part."""


def optional(archive: Archive, name: str) -> Any:  # noqa: ANN401  lxml ships no types
    """The root of a part that a document may lack or that may be broken without harm to the text."""
    if name not in archive:
        return None
    try:
        return parse_xml(archive, name)
    except DamagedFile:
        return None


def links(archive: Archive, name: str) -> dict[str, Link]:
    """The links of a part ('' for those of the whole file) by id; only to parts that are there."""
    folder, _, last = name.rpartition("/")
    root = optional(archive, posixpath.join(folder, "_rels", f"{last}.rels"))
    found: dict[str, Link] = {}
    for link in () if root is None else root.iterfind("{*}Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, link.get("Target") or "")).lstrip("/")
        if link.get("TargetMode") != "External" and target in archive:
            found[link.get("Id") or ""] = Link((link.get("Type") or "").rpartition("/")[2], target)
    return found


def core_properties(archive: Archive) -> DocumentMetadata:
    """Title, author and dates of an Office file."""
    root = optional(archive, _CORE)
    if root is None:
        return DocumentMetadata()
    found = {element.tag.rpartition("}")[2]: element.text for element in root if isinstance(element.tag, str)}
    return DocumentMetadata(
        title=found.get("title"),
        author=found.get("creator"),
        subject=found.get("subject"),
        creator=found.get("lastModifiedBy"),
        creation_date=found.get("created"),
        modification_date=found.get("modified"),
    )
