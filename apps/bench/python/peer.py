"""Answers one JSON request a line: the same work as the benchmark, in PyTorch and its libraries.

Run by the bench app, which interleaves its own rounds with these. Every answer to a timed request
carries the seconds of one round and a few numbers of the result, so that a peer that computes
something else is reported and not timed.
"""

import contextlib
import json
import os
import resource
import sys
import time


def versions():
    import platform

    import torch

    found = {"python": platform.python_version(), "torch": torch.__version__}
    for name in ("transformers", "sentence_transformers", "onnxruntime", "tokenizers"):
        with contextlib.suppress(ImportError):
            found[name] = __import__(name).__version__
    return found


class Peer:
    def __init__(self):
        self.models = {}

    def hello(self, request):
        import torch

        torch.set_num_threads(request["threads"])
        return {"versions": versions(), "threads": torch.get_num_threads()}

    def load(self, request):
        """Trunk with cls pooling and linear heads `heads.<task>.{weight,bias}` from safetensors beside it."""
        import torch
        from safetensors.torch import load_file
        from transformers import AutoModel

        torch.manual_seed(0)
        trunk = AutoModel.from_pretrained(request["directory"], attn_implementation="sdpa")
        if request.get("dropout") is not None:
            set_dropout(trunk, request["dropout"])
        tensors = load_file(os.path.join(request["directory"], "heads.safetensors"))
        heads = torch.nn.ModuleDict()
        for name in sorted({key.split(".")[1] for key in tensors}):
            weight = tensors[f"heads.{name}.weight"]
            heads[name] = torch.nn.Linear(weight.shape[1], weight.shape[0])
            heads[name].weight.data.copy_(weight)
            heads[name].bias.data.copy_(tensors[f"heads.{name}.bias"])
        model = MultiTask(trunk, heads)
        model.train()
        parameters = [p for n, p in model.named_parameters() if ".pooler." not in n]
        decay = [p for p in parameters if p.dim() > 1]
        plain = [p for p in parameters if p.dim() <= 1]
        optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
            lr=request.get("learningRate", 2e-5),
            fused=True,
        )
        step = torch.compile(model) if request.get("compile") else model
        self.models[request["name"]] = (model, step, optimizer)
        return {"parameters": sum(p.numel() for p in parameters)}

    def step(self, request):
        """One round of forward, forward and backward, or the full AdamW step, as `part` says."""
        import torch

        model, step, optimizer = self.models[request["name"]]
        ids = torch.tensor(request["ids"])
        mask = torch.tensor(request["mask"])
        labels = {name: torch.tensor(values) for name, values in request["labels"].items()}
        start = time.perf_counter()
        if request["part"] == "forward":
            with torch.no_grad():
                loss = step(ids, mask, labels)
        else:
            optimizer.zero_grad(set_to_none=True)
            loss = step(ids, mask, labels)
            loss.backward()
            if request["part"] == "full":
                optimizer.step()
        seconds = time.perf_counter() - start
        answer = {"seconds": seconds, "loss": float(loss.detach())}
        if request.get("norm"):
            answer["gradientNorm"] = float(
                torch.sqrt(sum((p.grad**2).sum() for p in model.parameters() if p.grad is not None))
            )
        return answer

    def sentence_transformer(self, request):
        from sentence_transformers import SentenceTransformer

        self.models[request["name"]] = SentenceTransformer(request["directory"], device="cpu")
        return {}

    def encode(self, request):
        model = self.models[request["name"]]
        start = time.perf_counter()
        vectors = model.encode(
            request["texts"], batch_size=request["batchSize"], show_progress_bar=False
        )
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "sample": [row[:4].tolist() for row in vectors[:8]]}

    def encode_each(self, request):
        """One text a call, as a server does it."""
        model = self.models[request["name"]]
        start = time.perf_counter()
        vectors = [model.encode(text, show_progress_bar=False) for text in request["texts"]]
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "sample": [row[:4].tolist() for row in vectors[:8]]}

    def tokenize(self, request):
        """Token ids of texts, unpadded."""
        tokenizer = self.models[request["name"]].tokenizer
        start = time.perf_counter()
        ids = tokenizer(request["texts"], truncation=True)["input_ids"]
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "sample": ids[:8]}

    def forget(self, request):
        self.models.pop(request["name"], None)
        return {}

    def memory(self, _request):
        return {"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def set_dropout(model, rate):
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = rate
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = rate
    for name in ("dropout", "attention_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob"):
        if hasattr(model.config, name):
            setattr(model.config, name, rate)


def multi_task():
    import torch

    class MultiTaskModule(torch.nn.Module):
        def __init__(self, trunk, heads):
            super().__init__()
            self.trunk = trunk
            self.heads = heads

        def forward(self, ids, mask, labels):
            states = self.trunk(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]
            return sum(
                torch.nn.functional.cross_entropy(self.heads[name](states), target)
                for name, target in labels.items()
            )

    return MultiTaskModule


def MultiTask(trunk, heads):  # torch is imported only when a request needs it
    return multi_task()(trunk, heads)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the libraries print must not mix with the answers
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(peer, request["op"])(request)
        except Exception as error:  # reported by the bench app, which goes on without this peer
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
