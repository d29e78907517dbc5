"""Every export is read by a reader that others wrote, and says there what the set says."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from backend.adapters.exports import EXPORTS
from backend.models.question_sets import StoredSet
from backend.models.questions import Mode
from tests.support.questions import open_question, quiz_question, stored_set

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of these readers' own old code
    import pygiftparser.parser as gift
    from pyslet.qtiv1 import xml as qti1

HOSTILE = [
    'Is "x = {y}" ~ #1: true? \\ back',
    "</script><script>alert(1)</script> & <b>bold</b> &amp; &lt;",
    '=HYPERLINK("http://evil")',
    "@SUM(A1)",
    "-2+3",
    "שלום עולם: שאלה?",
    "光合作用是什么？",
    "1. A list # of *stars* _under_ `code` [link](http://x) | a | b ~~gone~~",
    "{{c1::cloze}} [sound:x.mp3] \\(x^2\\)",
    "// looks like a comment",
    "::title:: $CATEGORY: x",
    "ends with a backslash \\",
    "]]> <![CDATA[",
    "snow\u2028man \x07bell \U0001f331",
]


def quiz(texts: list[str] = HOSTILE) -> StoredSet:
    made = [
        quiz_question(text, [f"{text} yes", f"no {text}", "plain", f"{n}th"], right=n % 4)
        for n, text in enumerate(texts)
    ]
    return stored_set(made, Mode.QUIZ, title="Week 1: <leaves> & ::roots::")


def practice() -> StoredSet:
    return stored_set([open_question(text, f"{text} because") for text in HOSTILE])


def plain(text: str) -> str:
    """Without control characters and runs of white space."""
    return " ".join(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text).split())


def shown(markup: str) -> str:
    """What a browser shows of HTML."""
    if not markup.strip():
        return ""
    return plain(" ".join(lxml_html.fromstring(f"<div>{markup.replace('<br>', ' ')}</div>").itertext()))


def test_json_holds_everything() -> None:
    stored = quiz()
    read = json.loads(EXPORTS["json"].write(stored))
    assert read["set_id"] == stored.id
    assert [q["question"] for q in read["questions"]] == HOSTILE
    assert [q["correct_index"] for q in read["questions"]] == [n % 4 for n in range(len(HOSTILE))]
    assert all(q["options"][q["correct_index"]] == q["answer"] for q in read["questions"])


def test_csv_is_a_table_without_formulas() -> None:
    content = EXPORTS["csv"].write(quiz())
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(HOSTILE)
    for text, row in zip(HOSTILE, rows, strict=True):
        assert plain(row["question"].removeprefix("'")) == plain(text)
        assert row[row["key"]] == row["answer"]
        assert (row["filename"], row["page"], row["heading"]) == ("leaves.txt", "3", "Leaves > Pigments")
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("stored", [quiz(), practice()], ids=["quiz", "practice"])
def test_markdown_shows_the_questions_and_the_key_at_the_end(stored: StoredSet) -> None:
    text = EXPORTS["markdown"].write(stored).decode()
    page = lxml_html.fromstring(f"<div>{markdown.markdown(text)}</div>")
    assert not page.xpath("//script|//b|//code|//a|//em")
    questions, answers = page.xpath("./ol")
    tops = [plain(" ".join(item.xpath("./text()|./p//text()"))) for item in questions]
    assert tops == [plain(text) for text in HOSTILE]
    for question, item in zip(stored.questions, answers, strict=True):
        assert plain(question.answer) in plain(item.text_content())
        assert "leaves.txt, page 3" in item.text_content()
    if stored.summary.mode is Mode.QUIZ:
        options = [[plain(o.text_content())[3:] for o in item.xpath("./ul/li")] for item in questions]
        assert options == [[plain(o) for o in q.options] for q in stored.questions]


def unescaped(text: str) -> str:
    """As Moodle reads it; the parser leaves that to whoever shows the text."""
    return plain(re.sub(r"\\(.)", lambda sign: "\n" if sign[1] == "n" else sign[1], text))


def test_gift_is_read_by_a_parser_of_moodles_format() -> None:
    # This parser ends an item at any closing brace; Moodle's own does not where it is escaped.
    stored = quiz([text.replace("}", ")") for text in HOSTILE])
    read = gift.parseFile(io.StringIO(EXPORTS["gift"].write(stored).decode()))
    assert [q.title for q in read] == [f"Q{n:03}" for n in range(1, len(HOSTILE) + 1)]
    for question, item in zip(stored.questions, read, strict=True):
        assert item.valid, item.full
        assert unescaped(item.text) == plain(question.stem)
        assert item.markup == "plain"
        answers = [(unescaped(a.answer), a.fraction) for a in item.answers.answers]
        assert answers == [(plain(o), 100 if o == question.answer else 0) for o in question.options]


def test_open_questions_are_essays_in_gift() -> None:
    read = gift.parseFile(io.StringIO(EXPORTS["gift"].write(practice()).decode()))
    assert [unescaped(q.text) for q in read] == [plain(text) for text in HOSTILE]
    assert {type(q.answers).__name__ for q in read} == {"Essay"}


def test_braces_are_escaped_in_gift() -> None:
    text = EXPORTS["gift"].write(quiz()).decode()
    assert re.findall(r"(?<!\\)[{}]", text) == ["{", "}"] * len(HOSTILE)


def qti(stored: StoredSet) -> tuple[Any, bytes]:
    """The manifest and the assessment that it names."""
    with zipfile.ZipFile(io.BytesIO(EXPORTS["qti"].write(stored))) as package:
        assert package.testzip() is None
        manifest = etree.fromstring(package.read("imsmanifest.xml"))
        resource = manifest.find(".//{*}resource")
        assert resource.get("type") == "imsqti_xmlv1p2"
        assert {resource.get("href"), "imsmanifest.xml"} == set(package.namelist())
        return manifest, package.read(resource.get("href"))


@pytest.mark.parametrize("stored", [quiz(), practice()], ids=["quiz", "practice"])
def test_qti_is_read_by_a_reader_of_version_1_2(stored: StoredSet) -> None:
    document = qti1.QTIDocument()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document.read(src=io.BytesIO(qti(stored)[1]))
    items = document.root.Assessment.SectionMixin[0].SectionItemMixin
    assert [item.ident for item in items] == [f"i{item.id}" for item in stored.items]
    for question, item in zip(stored.questions, items, strict=True):
        texts = [text.get_value(True) for text in item.find_children_depth_first(qti1.common.MatText)]
        assert shown(texts[0]) == plain(question.stem)
        if question.options:
            assert [shown(text) for text in texts[1:5]] == [plain(o) for o in question.options]
            equal = next(iter(item.find_children_depth_first(qti1.common.VarEqual)))
            assert equal.get_value() == f"option{question.options.index(question.answer)}"


SCHEMA = Path(__file__).parents[1] / "samples" / "qti" / "ims_qtiasiv1p2p1.dtd"


def without_namespace(xml: bytes) -> Any:
    """The document as the schema names its elements: a DTD knows no namespaces."""
    root = etree.fromstring(xml)
    for element in root.iter():
        element.tag = etree.QName(element).localname
    etree.cleanup_namespaces(root)
    return root


@pytest.mark.parametrize("stored", [quiz(), practice()], ids=["quiz", "practice"])
def test_qti_is_valid_by_the_published_schema(stored: StoredSet) -> None:
    schema = etree.DTD(str(SCHEMA))
    root = without_namespace(qti(stored)[1])
    assert schema.validate(root), schema.error_log
    root.find(".//item").attrib.pop("ident")
    assert not schema.validate(root)


READ_PACKAGE = """
import json, sys, tempfile
from anki.collection import Collection, ImportAnkiPackageRequest
with tempfile.TemporaryDirectory() as folder:
    collection = Collection(folder + "/c.anki2")
    log = collection.import_anki_package(ImportAnkiPackageRequest(package_path=sys.argv[1]))
    again = collection.import_anki_package(ImportAnkiPackageRequest(package_path=sys.argv[1]))
    notes = [collection.get_note(n) for n in sorted(collection.find_notes(""))]
    decks = [d.name for d in collection.decks.all_names_and_ids()]
    cards = [collection.get_card(c) for c in sorted(collection.find_cards(""))]
    print(json.dumps({"new": len(log.log.new), "again": len(again.log.new), "decks": decks,
        "notes": [n.fields for n in notes], "shown": [c.question() for c in cards]}))
    collection.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("stored", [quiz(), practice()], ids=["quiz", "practice"])
def test_anki_imports_the_package(stored: StoredSet, tmp_path: Path) -> None:
    package = tmp_path / "set.apkg"
    package.write_bytes(EXPORTS["anki"].write(stored))
    # A process of its own: Anki's library is large, and its warnings are its own.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ_PACKAGE, str(package)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    assert (read["new"], read["again"]) == (len(HOSTILE), 0)  # a second import changes nothing
    assert len([name for name in read["decks"] if name != "Default"]) == 1
    by_stem = {fields[0]: fields for fields in read["notes"]}
    assert {shown(stem) for stem in by_stem} == {plain(text) for text in HOSTILE}
    for card in read["shown"]:
        assert "<script>" not in card
        assert "[anki:play" not in card
    for question in stored.questions:
        fields = next(f for f in read["notes"] if shown(f[0]) == plain(question.stem))
        assert shown(fields[2]).endswith(plain(question.answer))
        assert all(plain(option) in shown(fields[1]) for option in question.options)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40).filter(lambda t: plain(t) != ""), min_size=1, max_size=3))
def test_no_text_breaks_a_format(texts: list[str]) -> None:
    stored = quiz(texts)
    for exporter in EXPORTS.values():
        assert exporter.write(stored)
    etree.fromstring(qti(stored)[1])
    rows = list(csv.reader(io.StringIO(EXPORTS["csv"].write(stored).decode("utf-8-sig"), newline="")))
    assert len(rows) == len(texts) + 1


def test_an_empty_set_is_an_empty_file_of_every_kind() -> None:
    stored = stored_set([])
    for exporter in EXPORTS.values():
        assert exporter.write(stored)
