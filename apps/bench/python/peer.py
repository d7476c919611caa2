"""Answers one JSON request a line: the same work as the benchmark, in PyTorch and its libraries.

Run by the bench app, which interleaves its own rounds with these. Every answer to a timed request
carries the seconds of one round and a few numbers of the result, so that a peer that computes
something else is reported and not timed. A request names its operation, a function of one of the
modules below; they are imported when first asked for.
"""

import contextlib
import importlib
import importlib.metadata
import json
import os
import platform
import resource
import sys

MODULES = {
    "load": "training_step",
    "step": "training_step",
    "dropout": "training_step",
    "sentence_transformer": "encoding",
    "encode": "encoding",
    "encode_each": "encoding",
    "tokenize": "encoding",
    "onnx_load": "onnx_encoding",
    "onnx_encode": "onnx_encoding",
    "images_load": "image_step",
    "images_step": "image_step",
    "optimizer_load": "optimizer_step",
    "optimizer_step": "optimizer_step",
    "finetune_check": "finetuning",
    "finetune": "finetuning",
}


def versions():
    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "sentence_transformers", "onnxruntime", "tokenizers"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def hello(_models, request):
    import torch

    torch.set_num_threads(request["threads"])
    return {"versions": versions(), "threads": torch.get_num_threads()}


def forget(models, request):
    models.pop(request["name"], None)
    return {}


def memory(_models, _request):
    # On Linux ru_maxrss begins with what the program had that started this one.
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            mark = next(line for line in status if line.startswith("VmHWM:"))
        return {"peakBytes": int(mark.split()[1]) * 1024}
    unit = 1 if sys.platform == "darwin" else 1024
    return {"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}


def handler(name):
    if name in MODULES:
        return getattr(importlib.import_module(MODULES[name]), name)
    return {"hello": hello, "forget": forget, "memory": memory}[name]


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the libraries print must not mix with the answers
    models = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = handler(request["op"])(models, request)
        except Exception as error:  # reported by the bench app, which goes on without this peer
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
