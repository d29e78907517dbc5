"""Writes the inference graph of all-MiniLM-L6-v2; its weights stay in the model package.

Every initialiser points at an offset of ``model.safetensors``, so the graph is a few tens of KB and
is kept in the repository. Run it again after a change here or a new version of the model package:

    python -m tools.build_minilm_graph
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from backend.adapters.onnx_embedder.model_files import (
    GRAPH,
    HEADER_KEY,
    ModelFiles,
    find_model_files,
    read_header,
)

LAYERS = 6
HEADS = 12
HIDDEN = 384
EPSILON = 1e-12
FLOAT_BYTES = 4
OPSET = 23
"""The first one with Attention; onnxruntime has had it since 1.23."""
IR_VERSION = 11


class Graph:
    """Collects nodes and initialisers; each method returns the name of what it added."""

    def __init__(self, files: ModelFiles) -> None:
        header = read_header(files.weights)
        self._tensors: dict[str, Any] = json.loads(header)
        self._start = 8 + len(header)
        self._location = files.weights.name
        self.digest = hashlib.sha256(header).hexdigest()
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []

    def weight(self, name: str, rows: int | None = None) -> str:
        """A tensor of the weights file by reference; its first ``rows`` rows only where given."""
        entry = self._tensors[name]
        if entry["dtype"] != "F32":
            raise ValueError(f"{name} is {entry['dtype']}: the graph computes in F32")
        shape = entry["shape"] if rows is None else [rows, *entry["shape"][1:]]
        length = FLOAT_BYTES
        for size in shape:
            length *= size
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        offset = self._start + entry["data_offsets"][0]
        for key, value in (("location", self._location), ("offset", str(offset)), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)
        self.initialisers.append(tensor)
        return name

    def integers(self, name: str, values: list[int]) -> str:
        """A constant vector of int64."""
        self.initialisers.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: float) -> str:
        """A node with one output, called ``output``."""
        node = helper.make_node(kind, inputs, [output], name=output)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self.nodes.append(node)
        return output

    def dense(self, inputs: str, layer: str, output: str) -> str:
        """A linear layer. Gemm multiplies with the transposed matrix, as the file holds it."""
        weights = [self.weight(f"{layer}.weight"), self.weight(f"{layer}.bias")]
        return self.add("Gemm", [inputs, *weights], output, transB=1)

    def normalise(self, inputs: str, layer: str, output: str) -> str:
        """Layer normalisation over the hidden dimension."""
        weights = [self.weight(f"{layer}.weight"), self.weight(f"{layer}.bias")]
        return self.add("LayerNormalization", [inputs, *weights], output, axis=-1, epsilon=EPSILON)


def _add_shapes(graph: Graph) -> None:
    """Names that later nodes use: 2-D rows for Gemm, 3-D for attention, and the mask of the keys."""
    graph.integers("rows", [-1, HIDDEN])
    graph.integers("hidden", [HIDDEN])
    graph.integers("one", [1])
    graph.integers("zero", [0])
    graph.integers("heads_and_queries", [1, 2])
    graph.add("Shape", ["input_ids"], "batch_and_tokens")
    graph.add("Shape", ["input_ids"], "batch", end=1)
    graph.add("Shape", ["input_ids"], "tokens", start=1)
    graph.add("Concat", ["batch_and_tokens", "hidden"], "sequences", axis=0)
    graph.add("Cast", ["attention_mask"], "key_mask", to=TensorProto.BOOL)
    graph.add("Unsqueeze", ["key_mask", "heads_and_queries"], "key_mask_4d")
    # onnxruntime wants the queries' dimension written out; heads may be broadcast.
    graph.add("Concat", ["batch", "one", "tokens", "tokens"], "mask_shape", axis=0)
    graph.add("Expand", ["key_mask_4d", "mask_shape"], "mask")


def _add_embeddings(graph: Graph) -> str:
    """Word, position and token type; a single text only ever has type 0, the first row of that table."""
    words = graph.weight("embeddings.word_embeddings.weight")
    positions = graph.weight("embeddings.position_embeddings.weight")
    kind = graph.weight("embeddings.token_type_embeddings.weight", rows=1)
    graph.add("Gather", [words, "input_ids"], "words")
    graph.add("Add", [positions, kind], "positions_and_type")
    graph.add("Slice", ["positions_and_type", "zero", "tokens", "zero"], "used_positions")
    graph.add("Add", ["words", "used_positions"], "embedded")
    graph.normalise("embedded", "embeddings.LayerNorm", "embedded_normal")
    return graph.add("Reshape", ["embedded_normal", "rows"], "embedded_rows")


def _add_layer(graph: Graph, rows: str, number: int) -> str:
    """One transformer layer from rows of shape (batch * tokens, hidden) to the same."""
    weights = f"encoder.layer.{number}"
    at = f"layer{number}"
    heads = []
    for part in ("query", "key", "value"):
        flat = graph.dense(rows, f"{weights}.attention.self.{part}", f"{at}.{part}")
        heads.append(graph.add("Reshape", [flat, "sequences"], f"{at}.{part}_sequences"))
    graph.add("Attention", [*heads, "mask"], f"{at}.attended", q_num_heads=HEADS, kv_num_heads=HEADS)
    graph.add("Reshape", [f"{at}.attended", "rows"], f"{at}.attended_rows")
    graph.dense(f"{at}.attended_rows", f"{weights}.attention.output.dense", f"{at}.mixed")
    graph.add("Add", [f"{at}.mixed", rows], f"{at}.mixed_residual")
    middle = graph.normalise(f"{at}.mixed_residual", f"{weights}.attention.output.LayerNorm", f"{at}.middle")
    graph.dense(middle, f"{weights}.intermediate.dense", f"{at}.wide")
    graph.add("Gelu", [f"{at}.wide"], f"{at}.active")
    graph.dense(f"{at}.active", f"{weights}.output.dense", f"{at}.narrow")
    graph.add("Add", [f"{at}.narrow", middle], f"{at}.narrow_residual")
    return graph.normalise(f"{at}.narrow_residual", f"{weights}.output.LayerNorm", f"{at}.out")


def _add_pooling(graph: Graph, rows: str) -> None:
    """The mean over real tokens at unit length: dividing the sum by their number would change nothing."""
    graph.add("Reshape", [rows, "sequences"], "contextual")
    graph.add("Cast", ["attention_mask"], "token_weights", to=TensorProto.FLOAT)
    graph.add("Unsqueeze", ["token_weights", "one"], "token_weights_3d")
    graph.add("MatMul", ["token_weights_3d", "contextual"], "sum_3d")
    graph.add("Squeeze", ["sum_3d", "one"], "sum")
    graph.add("LpNormalization", ["sum"], "embeddings", axis=-1, p=2)


def build(files: ModelFiles) -> bytes:
    """The serialised graph; the same weights file gives the same bytes."""
    graph = Graph(files)
    _add_shapes(graph)
    rows = _add_embeddings(graph)
    for number in range(LAYERS):
        rows = _add_layer(graph, rows, number)
    _add_pooling(graph, rows)
    body = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["batch", HIDDEN])],
        graph.initialisers,
    )
    model = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="quaestio"
    )
    helper.set_model_props(model, {HEADER_KEY: graph.digest})
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def main() -> None:
    """Write the graph beside the adapter that loads it, or to the path given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=GRAPH)
    output: Path = parser.parse_args().output
    graph = build(find_model_files())
    output.write_bytes(graph)
    print(f"{output}: {len(graph):,} bytes")


if __name__ == "__main__":
    main()
