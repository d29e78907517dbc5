"""PPTX files, put together part by part as PowerPoint does, and broken ones."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.formats import PPTX, Limits
from backend.errors import DamagedFile, EncryptedFile, ExtractionLimit, NoTextInFile, UnsupportedFile
from backend.models.documents import ExtractionEnd, FileSummary, Segment

NAMES = (
    "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' "
    "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' "
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships' "
    "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' "
    "xmlns:dgm='http://schemas.openxmlformats.org/drawingml/2006/diagram'"
)
INCH = 914_400
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def place(x: float, y: float) -> str:
    return f"<a:xfrm><a:off x='{int(x * INCH)}' y='{int(y * INCH)}'/><a:ext cx='9' cy='9'/></a:xfrm>"


def paragraphs(*lines: str) -> str:
    return "".join(
        f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" if line[:3] != "<a:" else line for line in lines
    )


def shape(*lines: str, at: tuple[float, float] | None = None, holder: str = "") -> str:
    mark = f"<p:ph {holder}/>" if holder else ""
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr id='1' name='x'/><p:cNvSpPr/><p:nvPr>{mark}</p:nvPr></p:nvSpPr>"
        f"<p:spPr>{place(*at) if at else ''}</p:spPr><p:txBody>{paragraphs(*lines)}</p:txBody></p:sp>"
    )


def group(inner: str, at: tuple[float, float]) -> str:
    return f"<p:grpSp><p:nvGrpSpPr/><p:grpSpPr>{place(*at)}</p:grpSpPr>{inner}</p:grpSp>"


def frame(inner: str, at: tuple[float, float]) -> str:
    where = place(*at).replace("a:xfrm", "p:xfrm")
    return f"<p:graphicFrame><p:nvGraphicFramePr><p:nvPr/></p:nvGraphicFramePr>{where}<a:graphic>{inner}</a:graphic></p:graphicFrame>"


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<a:tc><a:txBody>{paragraphs(cell)}</a:txBody></a:tc>" for cell in row) for row in rows)
    return f"<a:graphicData><a:tbl>{''.join(f'<a:tr>{row}</a:tr>' for row in cells)}</a:tbl></a:graphicData>"


def page(inner: str, kind: str = "sld", before: str = "") -> str:
    return f"{before}<p:{kind} {NAMES}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:{kind}>"


def links(**targets: str) -> str:
    rows = "".join(
        f"<Relationship Id='{key}' Type='{KIND}{target.split()[0]}' Target='{target.split()[1]}'/>"
        for key, target in targets.items()
    )
    return f"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{rows}</Relationships>"


def deck(folder: Path, *slides: str, **parts: str | None) -> Path:
    """A presentation whose parts are stored in the order given but shown in that of ``slides``."""
    numbers = range(1, len(slides) + 1)
    listed = "".join(f"<p:sldId id='{255 + n}' r:id='rId{n}'/>" for n in numbers)
    content: dict[str, str | None] = {
        "[Content_Types].xml": "<Types/>",
        "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": links(
            **{f"rId{n}": f"slide slides/slide{len(slides) + 1 - n}.xml" for n in numbers}
        ),
        **{
            f"ppt/slides/slide{len(slides) + 1 - n}.xml": slide
            for n, slide in zip(numbers, slides, strict=True)
        },
        **parts,
    }
    path = folder / "a.pptx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, text in content.items():
            if text is not None:
                container.writestr(name, text)
    return path


def read(path: Path, limits: Limits | None = None) -> list[Segment]:
    return [item for item in extract(path, PPTX, limits or Limits()) if isinstance(item, Segment)]


def test_slides_come_in_the_order_of_the_presentation_as_pages(tmp_path: Path) -> None:
    core = (
        "<c:coreProperties xmlns:c='c' xmlns:dc='d'><dc:title>Cells</dc:title><dc:creator>A. Writer</dc:creator>"
        "</c:coreProperties>"
    )
    slides = [page(shape(f"Slide {n}", holder="type='title'") + shape(f"Text {n}.")) for n in (1, 2, 3)]
    path = deck(tmp_path, *slides, **{"docProps/core.xml": core})
    summary, *_ = extract(path, PPTX, Limits())
    assert isinstance(summary, FileSummary)
    assert (summary.pages, summary.metadata.title, summary.metadata.author) == (3, "Cells", "A. Writer")
    assert [(s.page, s.heading, s.text, s.done, s.total) for s in read(path)] == [
        (n, f"Slide {n}", f"Slide {n}\n\nText {n}.", n, 3) for n in (1, 2, 3)
    ]


def test_shapes_read_from_top_to_bottom_and_left_to_right(tmp_path: Path) -> None:
    inner = (
        shape("lowest", at=(1, 6))
        + shape("right", at=(5, 2.1))
        + shape("left", at=(1, 2.2))
        + shape("12", at=(0, 0), holder="type='sldNum' idx='12'")
        + shape("May", at=(0, 0), holder="type='dt' idx='10'")
        + group(
            shape("g2", at=(9, 2)) + shape("g1", at=(8, 2)) + group(shape("g3", at=(0, 0)), (8, 3)), (0, 4)
        )
        + shape("The title", at=(1, 9), holder="type='ctrTitle'")
    )
    [segment] = read(deck(tmp_path, page(inner)))
    assert segment.text.split("\n\n") == ["The title", "left", "right", "g1", "g2", "g3", "lowest"]


def test_placeholders_without_a_place_stand_where_the_layout_or_master_puts_them(tmp_path: Path) -> None:
    inner = shape("second", holder="idx='2'") + shape("first", holder="idx='1'") + shape("third", at=(1, 4))
    layout = page(
        shape("Click", at=(1, 2), holder="idx='1'") + shape("Click", holder="type='body' idx='2'"),
        "sldLayout",
    )
    master = page(shape("Click", at=(1, 3), holder="type='body' idx='2'"), "sldMaster")
    path = deck(
        tmp_path,
        page(inner),
        **{
            "ppt/slides/_rels/slide1.xml.rels": links(a="slideLayout ../slideLayouts/one.xml"),
            "ppt/slideLayouts/one.xml": layout,
            "ppt/slideLayouts/_rels/one.xml.rels": links(a="slideMaster /ppt/slideMasters/m.xml"),
            "ppt/slideMasters/m.xml": master,
        },
    )
    assert read(path)[0].text.split("\n\n") == ["first", "second", "third"]


def test_tables_lists_fields_breaks_and_alternatives(tmp_path: Path) -> None:
    deep = "<a:p><a:pPr lvl='1'/><a:r><a:t>two </a:t></a:r><a:r><a:t>layers</a:t></a:r></a:p>"
    bare = "<a:p><a:pPr><a:buNone/></a:pPr><a:r><a:t>bare</a:t><a:br/></a:r><a:br/><a:fld><a:t>line</a:t></a:fld></a:p>"
    marked = "<a:p><a:pPr><a:buChar char='•'/></a:pPr><a:r><a:t>marked</a:t></a:r></a:p>"
    choice = f"<mc:AlternateContent><mc:Choice>{shape('new', at=(0, 7))}</mc:Choice><mc:Fallback>{shape('old', at=(0, 7))}</mc:Fallback></mc:AlternateContent>"
    inner = (
        shape("Membrane", deep, bare, at=(0, 1), holder="idx='1'")
        + shape("plain", marked, at=(0, 2))
        + frame(table(("Part", "Size"), ("nucleus", "6 µm"), ("", "")), (0, 3))
        + choice
    )
    assert read(deck(tmp_path, page(inner)))[0].text.split("\n\n") == [
        "- Membrane\n  - two layers\nbare\nline",
        "plain\n- marked",
        "Part | Size\nnucleus | 6 µm",
        "new",
    ]


def test_notes_and_diagrams_are_read_and_comments_are_not(tmp_path: Path) -> None:
    graphic = "<a:graphicData><dgm:relIds r:dm='rId7'/></a:graphicData>"
    data = f"<dgm:dataModel {NAMES}><dgm:ptLst><dgm:pt><dgm:t>{paragraphs('Root')}</dgm:t></dgm:pt><dgm:pt><dgm:t>{paragraphs('Leaf')}</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
    notes = page(
        shape("7", holder="type='sldNum'") + shape("Say hello.", "Smile.", holder="type='body' idx='1'"),
        "notes",
    )
    path = deck(
        tmp_path,
        page(frame(graphic, (0, 1))),
        **{
            "ppt/slides/_rels/slide1.xml.rels": links(
                rId7="diagramData ../diagrams/data1.xml",
                b="notesSlide ../notesSlides/n.xml",
                c="comments ../comments/c.xml",
            ),
            "ppt/diagrams/data1.xml": data,
            "ppt/notesSlides/n.xml": notes,
            "ppt/comments/c.xml": f"<p:cmLst {NAMES}><p:cm><p:text>A comment</p:text></p:cm></p:cmLst>",
        },
    )
    assert read(path)[0].text == "Root\nLeaf\n\nNotes: Say hello.\nSmile."


def test_a_broken_or_missing_slide_is_counted_and_the_rest_read(tmp_path: Path) -> None:
    path = deck(
        tmp_path, page(shape("One.")), "<broken", page(shape("Three.")), **{"ppt/slides/slide4.xml": None}
    )
    *_, end = extract(path, PPTX, Limits())
    assert isinstance(end, ExtractionEnd)
    assert end.warning == "1 of 3 slides could not be read (slide 2)."
    assert [s.page for s in read(path)] == [1, 3]


ENTITY = "<!DOCTYPE d [<!ENTITY x 'boom'>]>"


@pytest.mark.parametrize(
    ("slide", "error"),
    [
        (page(shape("&x;"), before=ENTITY), NoTextInFile),
        (page("<p:grpSp>" * 3000 + "</p:grpSp>" * 3000), NoTextInFile),
        (page(""), NoTextInFile),
        (page(shape("word")) + " " * (20 << 20), ExtractionLimit),
    ],
    ids=["entity", "deep", "empty", "bomb"],
)
def test_hostile_slides(tmp_path: Path, slide: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(deck(tmp_path, slide))


def test_other_archives_and_too_many_slides(tmp_path: Path) -> None:
    path = deck(tmp_path, page(shape("x")), page(shape("y")))
    with pytest.raises(ExtractionLimit, match="slides"):
        read(path, Limits(max_pages=1))
    with pytest.raises(NoTextInFile, match="no slides"):
        read(deck(tmp_path))
    with pytest.raises(DamagedFile, match="lacks"):
        read(deck(tmp_path, **{"ppt/presentation.xml": None}))
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("photo.txt", "x")
    with pytest.raises(UnsupportedFile, match="ZIP archive"):
        read(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DamagedFile):
        read(path)


def test_an_encrypted_part_is_said(tmp_path: Path) -> None:
    path = deck(tmp_path, page(shape("x")))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"ppt/presentation.xml"))
    data[at + 8] |= 1  # the flag of the central directory that says: encrypted
    path.write_bytes(data)
    with pytest.raises(EncryptedFile, match="password"):
        read(path)


def test_real_presentations(shared_data: Path) -> None:
    folder = shared_data / "documents/pptx"
    table_deck, nested = folder / "fake-power-point-table.pptx", folder / "group-shapes-nested.pptx"
    if table_deck.exists():
        assert "Column 1 | Column 2 | Column 3\nRed | Green | Blue" in read(table_deck)[0].text
    if nested.exists():
        assert sorted(read(nested)[0].text.split()) == list("ABCDEFGHIJ")
    for path in folder.glob("*.pptx"):
        if path.read_bytes().startswith(b"PK"):
            assert read(path), path
