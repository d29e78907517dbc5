"""all-MiniLM-L6-v2 on onnxruntime: the embedding model that needs no service and no download."""

from backend.adapters.onnx_embedder.embedder import OnnxEmbedder

__all__ = ["OnnxEmbedder"]
