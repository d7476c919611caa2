"""Whole fine-tuning jobs with transformers' Trainer as it comes: SDPA, fused AdamW, dynamic padding."""

import os
import tempfile
import time

import torch
from sentence_transformers import SentenceTransformer
from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

from training_step import WEIGHT_DECAY, linear_heads

EVALUATION_BATCH = 64


class TwoHeads(torch.nn.Module):
    """A saved sentence transformer and the linear heads beside it, with dropout in front of each."""

    def __init__(self, directory, dropout):
        super().__init__()
        self.encoder = SentenceTransformer(directory, device="cpu")
        self.heads = linear_heads(os.path.join(directory, "heads", "heads.safetensors"))
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, input_ids, attention_mask, token_type_ids=None, **labels):
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            features["token_type_ids"] = token_type_ids
        vectors = self.encoder(features)["sentence_embedding"]
        logits = {name: head(self.dropout(vectors)) for name, head in self.heads.items()}
        loss = sum(
            torch.nn.functional.cross_entropy(logits[name], target) for name, target in labels.items()
        )
        return {"loss": loss, **logits}

    def freeze(self, what):
        for name, parameter in self.encoder.named_parameters():
            if what == "backbone" or (what == "embeddings" and ".embeddings." in name):
                parameter.requires_grad = False


def finetune_check(_models, request):
    """Loss on the held-out rows before any training."""
    model = TwoHeads(request["directory"], request["dropout"])
    return {"loss": evaluate(model, request["heldOut"])["loss"]}


def finetune(_models, request):
    """Trains from the saved start. Loading and the evaluation at the end are outside of the seconds."""
    torch.manual_seed(request["seed"])
    model = TwoHeads(request["directory"], request["dropout"])
    model.freeze(request["frozen"])
    start = time.perf_counter()
    rows = tokenized(model, request["train"])
    with tempfile.TemporaryDirectory() as directory:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=directory,
                per_device_train_batch_size=request["batchSize"],
                num_train_epochs=request["epochs"],
                learning_rate=request["learningRate"],
                weight_decay=WEIGHT_DECAY,
                lr_scheduler_type="linear",
                optim="adamw_torch_fused",
                seed=request["seed"],
                use_cpu=True,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
                remove_unused_columns=False,  # the heads' labels have names of their own
                **grouping(request["grouped"]),
            ),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(model.encoder.tokenizer),
        )
        trainer.train()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, **evaluate(model, request["heldOut"])}


def grouping(grouped):
    if not grouped:
        return {}
    if hasattr(TrainingArguments, "train_sampling_strategy"):
        return {"train_sampling_strategy": "group_by_length"}
    return {"group_by_length": True}  # transformers 4


def tokenized(model, data):
    """Unpadded rows; the collator pads each batch to its longest."""
    encoded = model.encoder.tokenizer(
        data["texts"], truncation=True, max_length=model.encoder.max_seq_length
    )
    return [
        {
            **{name: values[row] for name, values in encoded.items()},
            **{task: labels[row] for task, labels in data["labels"].items()},
        }
        for row in range(len(data["texts"]))
    ]


@torch.no_grad()
def evaluate(model, data):
    """Accuracy a task, and the mean loss over all rows."""
    model.eval()
    collate = DataCollatorWithPadding(model.encoder.tokenizer)
    rows = tokenized(model, data)
    right = dict.fromkeys(data["labels"], 0)
    loss = 0.0
    for first in range(0, len(rows), EVALUATION_BATCH):
        batch = collate(rows[first : first + EVALUATION_BATCH])
        output = model(**batch)
        size = batch["input_ids"].shape[0]
        loss += float(output["loss"]) * size
        for task in right:
            right[task] += int((output[task].argmax(1) == batch[task]).sum())
    return {"loss": loss / len(rows), "scores": {t: n / len(rows) for t, n in right.items()}}
