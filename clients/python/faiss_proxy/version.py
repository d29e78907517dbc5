"""The version of this client; ``faiss_proxy.__version__`` is FAISS's, as with ``import faiss``."""

VERSION = "0.1.0"
