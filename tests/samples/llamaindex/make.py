"""Writes ``core-0.14`` with the real library: pip install llama-index-core==0.14.25, then run this file.

The vectors are those of ``tests.support.fakes.WordEmbedder``, so that they are of the model of the tests.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from llama_index.core import StorageContext
from llama_index.core.schema import ImageNode, NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from tests.support.fakes import WordEmbedder  # noqa: E402 - the path above

TEXTS = [
    ("moss.pdf", "Mosses drink rain through their leaves.", "1"),
    ("moss.pdf", "A moss has no roots, only fine threads.", "1"),
    ("moss.pdf", "Spores of mosses travel with the wind.", "2"),
    ("ferns.md", "Ferns uncurl their fronds in spring.", None),
    ("ferns.md", "Fern spores sit below the frond.", None),
    ("gone.txt", "This page was deleted from the index.", None),
]


def nodes() -> list[TextNode]:
    """Nodes as a reader and a splitter make them, in a row."""
    vectors = asyncio.run(WordEmbedder().embed([text for _, text, _ in TEXTS]))
    made = []
    for number, ((name, text, page), vector) in enumerate(zip(TEXTS, vectors, strict=True)):
        metadata = {"file_name": name, "creation_date": "2024-05-01"}
        metadata |= {"page_label": page} if page else {"header_path": "/Ferns/Fronds/"}
        node = TextNode(id_=f"node-{number}", text=text, metadata=metadata, embedding=vector.tolist())
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=f"ref-{name}")
        if made and made[-1].metadata["file_name"] == name:
            node.relationships[NodeRelationship.PREVIOUS] = RelatedNodeInfo(node_id=made[-1].node_id)
            made[-1].relationships[NodeRelationship.NEXT] = RelatedNodeInfo(node_id=node.node_id)
        made.append(node)
    made[0].relationships[NodeRelationship.CHILD] = [RelatedNodeInfo(node_id="node-1")]
    return made


def main() -> None:
    """Write the folder."""
    pieces = nodes()
    image = ImageNode(id_="image-0", text="", image_path="moss.png", embedding=[0.5] * 16)
    texts, images, documents = SimpleVectorStore(), SimpleVectorStore(), SimpleDocumentStore()
    texts.add(pieces)
    images.add([image])
    for node in (*pieces, image):
        node.embedding = None
    documents.add_documents([*pieces, image])
    texts.delete("ref-gone.txt")
    context = StorageContext.from_defaults(docstore=documents, vector_store=texts, image_store=images)
    context.persist(str(HERE / "core-0.14"))


if __name__ == "__main__":
    main()
