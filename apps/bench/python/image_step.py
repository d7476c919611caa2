"""Training steps of small networks for images in plain PyTorch, channels last, with fused Adam."""

import torch
from safetensors.torch import load_file

from training_step import timed_step

FORMAT = torch.channels_last


class Network(torch.nn.Module):
    def __init__(self, network, tensors):
        super().__init__()
        modules, channels = [], tensors["images"].shape[-1]
        for index, layer in enumerate(network["layers"]):
            if layer["kind"] == "pool":
                modules.append(torch.nn.MaxPool2d(layer["size"]))
                continue
            modules.append(convolution(layer, channels, tensors, index))
            modules.append(torch.nn.ReLU())
            channels = layer.get("channels", channels)
        self.features = torch.nn.Sequential(*modules)
        self.head = torch.nn.Linear(channels, network["classes"])
        index = len(network["layers"])
        self.head.weight.data.copy_(tensors[f"{index}.weight"].T)
        self.head.bias.data.copy_(tensors[f"{index}.bias"])

    def forward(self, images):
        return self.head(self.features(images).mean((2, 3)))


def convolution(layer, channels, tensors, index):
    depthwise = layer["kind"] == "depthwise"
    module = torch.nn.Conv2d(
        channels,
        channels if depthwise else layer["channels"],
        layer["size"],
        stride=layer.get("stride", 1),
        padding=(layer["size"] - 1) // 2,
        groups=channels if depthwise else 1,
    )
    weight = tensors[f"{index}.weight"]  # [H, W, C, O], depthwise [H, W, C, 1]
    order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
    module.weight.data.copy_(weight.permute(order))
    module.bias.data.copy_(tensors[f"{index}.bias"])
    return module


def images_load(models, request):
    tensors = load_file(request["path"])
    model = Network(request["network"], tensors).to(memory_format=FORMAT)
    images = tensors["images"].permute(0, 3, 1, 2).contiguous(memory_format=FORMAT)
    optimizer = torch.optim.Adam(model.parameters(), lr=request["learningRate"], fused=True)
    step = torch.compile(model) if request["compile"] else model
    models[request["name"]] = (model, step, optimizer, images, torch.tensor(request["labels"]))
    return {}


def images_step(models, request):
    """One round of forward, forward and backward, or the full Adam step, as `part` says."""
    model, run, optimizer, images, labels = models[request["name"]]
    cross_entropy = torch.nn.functional.cross_entropy
    return timed_step(model, optimizer, request, lambda: cross_entropy(run(images), labels))
