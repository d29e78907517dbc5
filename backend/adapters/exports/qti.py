"""QTI 1.2 in a content package: what Canvas, Blackboard and Brightspace import as a quiz."""

from __future__ import annotations

import html
import io
import zipfile
from typing import Any

from lxml import etree

from backend.adapters.exports.words import clean, one_line, place
from backend.models.question_sets import SetItem, StoredSet

_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Files carry no time, so that the same set gives the same package."""


class QtiExport:
    """A zip with ``imsmanifest.xml`` and one assessment."""

    media_type = "application/zip"
    extension = ".qti.zip"

    def write(self, stored: StoredSet) -> bytes:
        """See the port; texts are HTML in which every sign of markup is escaped."""
        name = f"{stored.id}/{stored.id}.xml"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
            for path, root in (("imsmanifest.xml", _manifest(stored, name)), (name, _assessment(stored))):
                content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
                package.writestr(zipfile.ZipInfo(path, _EPOCH), content, zipfile.ZIP_DEFLATED)
        return archive.getvalue()


def _add(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:  # noqa: ANN401 - lxml has no types
    made = etree.SubElement(parent, tag, attributes)
    made.text = text
    return made


def _manifest(stored: StoredSet, name: str) -> Any:  # noqa: ANN401 - lxml has no types
    root = etree.Element("manifest", {"identifier": f"m{stored.id}"}, nsmap={None: _PACKAGE})
    metadata = _add(root, "metadata")
    _add(metadata, "schema", "IMS Content")
    _add(metadata, "schemaversion", "1.1.3")
    _add(root, "organizations")
    resource = _add(
        _add(root, "resources"), "resource", identifier=f"i{stored.id}", type="imsqti_xmlv1p2", href=name
    )
    _add(resource, "file", href=name)
    return root


def _assessment(stored: StoredSet) -> Any:  # noqa: ANN401 - lxml has no types
    root = etree.Element("questestinterop", nsmap={None: _QTI})
    title = one_line(stored.summary.title) or "Questions"
    assessment = _add(root, "assessment", ident=f"i{stored.id}", title=title)
    section = _add(assessment, "section", ident="root_section")
    for number, item in enumerate(stored.items, 1):
        _item(section, number, item)
    return root


def _item(section: Any, number: int, item: SetItem) -> None:  # noqa: ANN401 - lxml has no types
    question = item.question
    made = _add(section, "item", ident=f"i{item.id}", title=f"Question {number}")
    fields = _add(_add(made, "itemmetadata"), "qtimetadata")
    kind = "multiple_choice_question" if question.options else "essay_question"
    for label, entry in (("question_type", kind), ("points_possible", "1")):
        field = _add(fields, "qtimetadatafield")
        _add(field, "fieldlabel", label)
        _add(field, "fieldentry", entry)
    presentation = _add(made, "presentation")
    _material(presentation, question.stem)
    if question.options:
        _choices(presentation, item)
    else:
        answer = _add(presentation, "response_str", ident="response1", rcardinality="Single")
        _add(_add(answer, "render_fib"), "response_label", ident="answer1", rshuffle="No")
    _processing(made, item)
    feedback = _add(made, "itemfeedback", ident="general_fb")
    said = question.explanation if question.options and question.explanation else question.answer
    _material(_add(feedback, "flow_mat"), f"{said} ({place(question)})")


def _choices(presentation: Any, item: SetItem) -> None:  # noqa: ANN401 - lxml has no types
    answer = _add(presentation, "response_lid", ident="response1", rcardinality="Single")
    shown = _add(answer, "render_choice")
    for number, option in enumerate(item.question.options):
        _material(_add(shown, "response_label", ident=f"option{number}"), option)


def _processing(made: Any, item: SetItem) -> None:  # noqa: ANN401 - lxml has no types
    """The general feedback is always shown; an essay is left to a person."""
    processing = _add(made, "resprocessing")
    outcomes = _add(processing, "outcomes")
    _add(outcomes, "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    shown = _add(processing, "respcondition", **{"continue": "Yes"})
    _add(_add(shown, "conditionvar"), "other")
    _add(shown, "displayfeedback", feedbacktype="Response", linkrefid="general_fb")
    question = item.question
    if question.options:
        right = _add(processing, "respcondition", **{"continue": "No"})
        chosen = f"option{question.options.index(question.answer)}"
        _add(_add(right, "conditionvar"), "varequal", chosen, respident="response1")
        _add(right, "setvar", "100", action="Set", varname="SCORE")


def _material(parent: Any, text: str) -> None:  # noqa: ANN401 - lxml has no types
    shown = html.escape(clean(text), quote=False).replace("\n", "<br>")
    _add(_add(parent, "material"), "mattext", shown, texttype="text/html")
