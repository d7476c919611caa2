"""Writes test/fixtures/parts (small tokenizers of every kind of part) and test/fixtures/expected (their ids and those of the
other fixtures), with Hugging Face's `tokenizers` 0.23.2: python scripts/expected_ids.py
"""

import base64
import json
import random
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

assert tokenizers.__version__ == "0.23.2", tokenizers.__version__
PACKAGE = Path(__file__).parent.parent
FIXTURES = PACKAGE / "test/fixtures"
SENTENCES = [
    entry["text"]
    for name in ("amazon", "yelp")
    for entry in json.loads((PACKAGE / f"node_modules/sentiment/test/fixtures/{name}.json").read_text())
]
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "[MASK]"]
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def charsmap():
    definition = json.loads((FIXTURES / "tiny-xlm-roberta/tokenizer.json").read_text())
    return base64.b64decode(definition["normalizer"]["precompiled_charsmap"])


def build(model, normalizer, pre_tokenizer):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    return tokenizer


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def unigram(normalizer, pre_tokenizer):
    trainer = trainers.UnigramTrainer(vocab_size=400, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer = train(build(models.Unigram(), normalizer, pre_tokenizer), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return tokenizer


def bpe(normalizer, pre_tokenizer, model=None, trainer=None, size=500):
    byte_tokens = [f"<0x{b:02X}>" for b in range(256)] if (model or {}).get("byte_fallback") else []
    tokenizer = train(
        build(models.BPE(unk_token="<unk>", **(model or {})), normalizer, pre_tokenizer),
        trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL + byte_tokens, show_progress=False, **(trainer or {})),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def llama():
    tokenizer = bpe(None, pre_tokenizers.Metaspace(), model={"byte_fallback": True, "fuse_unk": True}, size=800)
    definition = json.loads(tokenizer.to_str())
    definition["pre_tokenizer"] = None
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    definition["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]}
    definition["added_tokens"] = [t for t in definition["added_tokens"] if not t["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(definition))


def word_piece():
    normalizer = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False
    )
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False)
    tokenizer = train(build(models.WordPiece(unk_token="<unk>"), normalizer, pre_tokenizers.BertPreTokenizer()), trainer)
    tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 1))
    return tokenizer


def parts():
    N, P = normalizers, pre_tokenizers
    bytes_ = {"initial_alphabet": P.ByteLevel.alphabet()}
    quotes = [N.Replace("``", '"'), N.Replace("''", '"')]
    yield "albert", unigram(
        N.Sequence([*quotes, N.NFKD(), N.StripAccents(), N.Lowercase(), N.Precompiled(charsmap())]), P.Metaspace()
    )
    yield "unigram-whole", unigram(
        N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")]), P.Metaspace(split=False, prepend_scheme="first")
    )
    yield "unigram-strip", unigram(N.Sequence([N.Strip(), N.NFD()]), P.Metaspace(prepend_scheme="never"))
    yield "llama", llama()
    split = P.Split(Regex(QWEN), "isolated")
    yield "qwen", bpe(N.NFC(), P.Sequence([split, P.ByteLevel(add_prefix_space=False, use_regex=False)]), trainer=bytes_)
    gpt = bpe(None, P.ByteLevel(add_prefix_space=True), trainer=bytes_)
    gpt.add_tokens([AddedToken("great", single_word=True), AddedToken("phone", lstrip=True, rstrip=True), "Éa"])
    yield "gpt", gpt
    suffix = {"end_of_word_suffix": "</w>"}
    yield "clip", bpe(
        N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()]),
        P.Sequence([P.WhitespaceSplit(), P.Punctuation()]),
        model=suffix,
        trainer=suffix,
    )
    prefix = {"continuing_subword_prefix": "##"}
    digits = bpe(
        N.Lowercase(),
        P.Sequence([P.Whitespace(), P.Digits(individual_digits=True)]),
        model={**prefix, "fuse_unk": True},
        trainer=prefix,
    )
    digits.add_tokens(["NEW Token"])
    yield "digits", digits
    for behavior in ("removed", "contiguous", "merged_with_previous", "merged_with_next"):
        sequence = P.Sequence([P.Split(Regex("[aeiou]"), behavior), P.Punctuation(behavior)])
        yield f"split-{behavior.replace('_', '-')}", bpe(None, sequence, size=250)
    yield "split-invert", bpe(None, P.Split(Regex(r"\w+"), "removed", invert=True), size=250)
    words = trainers.WordLevelTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    yield "words", train(build(models.WordLevel(unk_token="<unk>"), None, P.Whitespace()), words)
    yield "word-piece", word_piece()


def expected(tokenizer, texts, pairs):
    ids, pair_ids = {}, {}
    for limit in (16, 128):
        tokenizer.enable_truncation(limit)
        ids[limit] = [tokenizer.encode(text).ids for text in texts]
        encodings = [tokenizer.encode(texts[a], texts[b]) for a, b in pairs]
        pair_ids[limit] = [{"ids": e.ids, "types": e.type_ids} for e in encodings]
    return {"vocabSize": tokenizer.get_vocab_size(), "single": ids, "pair": pair_ids}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


awkward = json.loads((FIXTURES / "texts.json").read_text())["awkward"]
texts = [*awkward, *SENTENCES[:150]]
rng = random.Random(7)
pairs = [[rng.randrange(len(texts)), rng.randrange(len(texts))] for _ in range(150)]
write(FIXTURES / "texts.json", {"awkward": awkward, "sentences": 150, "pairs": pairs})
for directory in sorted(FIXTURES.glob("*/tokenizer.json")):
    tokenizer = Tokenizer.from_file(str(directory))
    write(FIXTURES / f"expected/{directory.parent.name}.json", expected(tokenizer, texts, pairs))
bert = FIXTURES / "bert-base-uncased"
tokenizer = tokenizers.BertWordPieceTokenizer(str(bert / "vocab.txt"))
tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
write(FIXTURES / "expected/bert-base-uncased.json", expected(tokenizer, texts, pairs))
# Every third text is enough for the parts.
few = texts[::3]
few_pairs = [[a % len(few), b % len(few)] for a, b in pairs[:40]]
for name, tokenizer in parts():
    write(FIXTURES / f"parts/{name}/tokenizer.json", json.loads(tokenizer.to_str()))
    write(FIXTURES / f"expected/parts/{name}.json", expected(tokenizer, few, few_pairs))
write(FIXTURES / "parts/texts.json", {"every": 3, "pairs": few_pairs})
