"""Texts to vectors and to token ids with sentence-transformers."""

import time

from sentence_transformers import SentenceTransformer


def sentence_transformer(models, request):
    models[request["name"]] = SentenceTransformer(request["directory"], device="cpu")
    return {}


def encode(models, request):
    model = models[request["name"]]
    start = time.perf_counter()
    vectors = model.encode(
        request["texts"], batch_size=request["batchSize"], show_progress_bar=False
    )
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sample": sample(vectors)}


def encode_each(models, request):
    """One text a call, as a server does it."""
    model = models[request["name"]]
    start = time.perf_counter()
    vectors = [model.encode(text, show_progress_bar=False) for text in request["texts"]]
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sample": sample(vectors)}


def sample(vectors):
    """First values of the first vectors."""
    return [row[:4].tolist() for row in vectors[:8]]


def tokenize(models, request):
    """Token ids of texts, unpadded."""
    tokenizer = models[request["name"]].tokenizer
    start = time.perf_counter()
    ids = tokenizer(request["texts"], truncation=True)["input_ids"]
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sample": ids[:8]}
