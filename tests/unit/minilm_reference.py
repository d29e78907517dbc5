"""all-MiniLM-L6-v2 in plain NumPy, one text at a time, written from the BERT paper's definitions."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

erf = np.vectorize(math.erf)


class Reference:
    def __init__(self, folder: Path, max_tokens: int) -> None:
        raw = (folder / "model.safetensors").read_bytes()
        start = 8 + int.from_bytes(raw[:8], "little")
        header = json.loads(raw[8:start])
        header.pop("__metadata__", None)
        self.weights = {
            name: np.frombuffer(
                raw[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]], "<f4"
            )
            .reshape(entry["shape"])
            .astype(np.float64)
            for name, entry in header.items()
            if entry["dtype"] == "F32"
        }
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)

    def embed(self, text: str) -> np.ndarray:
        ids = self.tokenizer.encode(text).ids
        table = "embeddings.{}_embeddings.weight"
        x = self.weights[table.format("word")][ids] + self.weights[table.format("position")][: len(ids)]
        x = self.normalise(x + self.weights[table.format("token_type")][0], "embeddings")
        for number in range(6):
            x = self.layer(x, f"encoder.layer.{number}")
        mean = x.mean(axis=0)
        return mean / np.sqrt(mean @ mean)

    def layer(self, x: np.ndarray, name: str) -> np.ndarray:
        mixed = self.dense(self.attend(x, f"{name}.attention.self"), f"{name}.attention.output")
        x = self.normalise(x + mixed, f"{name}.attention.output")
        wide = self.dense(x, f"{name}.intermediate")
        active = wide * (1 + erf(wide / math.sqrt(2))) / 2
        return self.normalise(x + self.dense(active, f"{name}.output"), f"{name}.output")

    def attend(self, x: np.ndarray, name: str) -> np.ndarray:
        heads = []
        query, key, value = (self.linear(x, f"{name}.{part}") for part in ("query", "key", "value"))
        for start in range(0, 384, 32):
            head = slice(start, start + 32)
            scores = np.exp(query[:, head] @ key[:, head].T / math.sqrt(32))
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, head])
        return np.concatenate(heads, axis=1)

    def dense(self, x: np.ndarray, name: str) -> np.ndarray:
        return self.linear(x, f"{name}.dense")

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def normalise(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12)
        return scaled * self.weights[f"{name}.LayerNorm.weight"] + self.weights[f"{name}.LayerNorm.bias"]
