"""AdamW alone, fused, over the weights of a model."""

import os
import time

import torch
from safetensors.torch import load_file

from training_step import WEIGHT_DECAY

GRADIENT_SHARE = 0.1


def optimizer_load(models, request):
    """Gradients are a tenth of the weights that they belong to."""
    parameters = [
        torch.nn.Parameter(values)
        for values in load_file(os.path.join(request["directory"], "model.safetensors")).values()
    ]
    for parameter in parameters:
        parameter.grad = parameter.detach() * GRADIENT_SHARE
    optimizer = torch.optim.AdamW(
        parameters, lr=request["learningRate"], weight_decay=WEIGHT_DECAY, fused=True
    )
    models[request["name"]] = (parameters, optimizer)
    return {"parameters": sum(p.numel() for p in parameters)}


def optimizer_step(models, request):
    parameters, optimizer = models[request["name"]]
    start = time.perf_counter()
    optimizer.step()
    seconds = time.perf_counter() - start
    answer = {"seconds": seconds}
    if request.get("norm"):
        total = sum(float((p.detach().double() ** 2).sum()) for p in parameters)
        answer["weightNorm"] = total**0.5
    return answer
