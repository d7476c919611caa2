"""One step of a two-task model in plain PyTorch: SDPA attention and fused AdamW."""

import os
import time

import torch
from safetensors.torch import load_file
from transformers import AutoModel

WEIGHT_DECAY = 0.01


class MultiTask(torch.nn.Module):
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


def load(models, request):
    """Trunk with cls pooling and linear heads `heads.<task>.{weight,bias}` from safetensors beside it."""
    torch.manual_seed(0)
    trunk = AutoModel.from_pretrained(request["directory"], attn_implementation="sdpa")
    set_dropout(trunk, 0.0)
    model = MultiTask(trunk, linear_heads(os.path.join(request["directory"], "heads.safetensors")))
    model.train()
    parameters = [p for n, p in model.named_parameters() if ".pooler." not in n]
    decay = [p for p in parameters if p.dim() > 1]
    plain = [p for p in parameters if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}],
        lr=request["learningRate"],
        fused=True,
    )
    step = torch.compile(model) if request["compile"] else model
    models[request["name"]] = (model, step, optimizer)
    return {"parameters": sum(p.numel() for p in parameters)}


def linear_heads(path):
    tensors = load_file(path)
    heads = torch.nn.ModuleDict()
    for name in sorted({key.split(".")[1] for key in tensors}):
        weight = tensors[f"heads.{name}.weight"]
        heads[name] = torch.nn.Linear(weight.shape[1], weight.shape[0])
        heads[name].weight.data.copy_(weight)
        heads[name].bias.data.copy_(tensors[f"heads.{name}.bias"])
    return heads


def step(models, request):
    """One round of forward, forward and backward, or the full AdamW step, as `part` says."""
    model, run, optimizer = models[request["name"]]
    ids = torch.tensor(request["ids"])
    mask = torch.tensor(request["mask"])
    labels = {name: torch.tensor(values) for name, values in request["labels"].items()}
    return timed_step(model, optimizer, request, lambda: run(ids, mask, labels))


def timed_step(model, optimizer, request, loss_of):
    """Seconds and loss of the part that the request names, with the norm of all gradients if it asks for that."""
    start = time.perf_counter()
    if request["part"] == "forward":
        with torch.no_grad():
            loss = loss_of()
    else:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
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


def dropout(models, request):
    set_dropout(models[request["name"]][0].trunk, request["rate"])
    return {}


def set_dropout(model, rate):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = rate
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = rate
    for name in ("dropout", "attention_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob"):
        if hasattr(model.config, name):
            setattr(model.config, name, rate)
