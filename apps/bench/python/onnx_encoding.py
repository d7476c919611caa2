"""Texts to vectors with onnxruntime, as a careful user does it: batches of like length, numpy behind them."""

import os
import time

import numpy
import onnxruntime
from transformers import AutoTokenizer

from encoding import sample


class OnnxEncoder:
    def __init__(self, request):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = request["threads"]
        path = os.path.join(request["directory"], "onnx", "model.onnx")
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = {value.name for value in self.session.get_inputs()}
        self.tokenizer = AutoTokenizer.from_pretrained(request["directory"])
        self.longest = request["maxLengthTokens"]
        self.pooling = request["pooling"]
        self.normalize = request["normalize"]

    def encode(self, texts, batch_size):
        ids = self.tokenizer(texts, truncation=True, max_length=self.longest)["input_ids"]
        order = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
        vectors = [None] * len(ids)
        for first in range(0, len(order), batch_size):
            rows = order[first : first + batch_size]
            for row, vector in zip(rows, self.batch([ids[row] for row in rows]), strict=True):
                vectors[row] = vector
        return numpy.stack(vectors)

    def batch(self, ids):
        longest = max(map(len, ids))
        tokens = numpy.full((len(ids), longest), self.tokenizer.pad_token_id, numpy.int64)
        mask = numpy.zeros_like(tokens)
        for row, values in enumerate(ids):
            tokens[row, : len(values)] = values
            mask[row, : len(values)] = 1
        feeds = {"input_ids": tokens, "attention_mask": mask}
        if "token_type_ids" in self.inputs:
            feeds["token_type_ids"] = numpy.zeros_like(tokens)
        states = self.session.run(None, feeds)[0]
        vectors = states[:, 0] if self.pooling == "cls" else mean(states, mask)
        if self.normalize:
            vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def mean(states, mask):
    weights = mask[..., None].astype(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


def onnx_load(models, request):
    models[request["name"]] = OnnxEncoder(request)
    return {}


def onnx_encode(models, request):
    model = models[request["name"]]
    start = time.perf_counter()
    vectors = model.encode(request["texts"], request["batchSize"])
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sample": sample(vectors)}
