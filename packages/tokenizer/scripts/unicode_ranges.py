"""Prints src/unicode/unicode-ranges.ts: how Hugging Face's `tokenizers` classes every code point.

Run with the `tokenizers` package of Python installed: python scripts/unicode_ranges.py > src/unicode/unicode-ranges.ts
"""

import tokenizers
from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(n):
    text = ""
    while True:
        n, digit = divmod(n, 36)
        text = DIGITS[digit] + text
        if n == 0:
            return text


def bert(**parts):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **parts})


def gives(normalizer, result):
    return [c for c in CODE_POINTS if normalizer.normalize_str(chr(c)) == result]


def pieces(pre_tokenizer, before, after):
    return {c: len(pre_tokenizer.pre_tokenize_str(before + chr(c) + after)) for c in CODE_POINTS}


def unchanged(normalizer, reference):
    """Code points with a decomposition today that this normalizer, of an older Unicode version, leaves alone."""
    import unicodedata2

    same = set(gives_itself(normalizer))
    return [c for c in CODE_POINTS if c in same and unicodedata2.normalize(reference, chr(c)) != chr(c)]


def gives_itself(normalizer):
    return [c for c in CODE_POINTS if normalizer.normalize_str(chr(c)) == chr(c)]


def show(name, comment, code_points):
    numbers, last = [], -1
    start = previous = None
    for c in [*code_points, None]:
        if start is not None and c != previous + 1:
            numbers += [start - last - 1, previous - start]
            last = previous
            start = None
        if c is not None and start is None:
            start = c
        previous = c
    lines, line = [], ""
    for word in map(base36, numbers):
        if len(line) + len(word) > 97:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    lines.append(line)
    body = "\n".join(lines)
    print(f"\n/** {comment} */\nexport const {name}: string = `\n{body}\n`;")


print(
    f"""// Code points as Hugging Face tokenizers {tokenizers.__version__} classes them, printed by scripts/unicode_ranges.py. Its tables are of fixed
// Unicode versions, so the ones of the JavaScript engine (\\p{{Mn}}, \\p{{P}}, …) differ by hundreds of code points.
// Format: base-36 numbers in pairs: code points skipped since the last range, length of the range minus one."""
)
split = pieces(pre_tokenizers.BertPreTokenizer(), "a", "b")
level = pre_tokenizers.ByteLevel(add_prefix_space=False)
letters = [c for c, n in pieces(level, "a", "a").items() if n == 1]
numbers = [c for c, n in pieces(level, "1", "1").items() if n == 1]
show("DROPPED", "Removed by BertNormalizer's `clean_text`: controls, formats, private use, U+FFFD.", gives(bert(clean_text=True), ""))
show("IDEOGRAPHS", "Set apart by BertNormalizer's `handle_chinese_chars`.", [c for c in CODE_POINTS if bert(handle_chinese_chars=True).normalize_str(chr(c)) == f" {chr(c)} "])
show("NONSPACING", "Removed by BertNormalizer's `strip_accents`.", gives(bert(strip_accents=True), ""))
show("COMBINING", "Removed by the normalizer StripAccents.", gives(normalizers.StripAccents(), ""))
show("WHITE_SPACE", "Unicode White_Space.", [c for c, n in split.items() if n == 2])
show("PUNCTUATION", "Split off by BertPreTokenizer.", [c for c, n in split.items() if n == 3])
show("LETTERS", "`\\p{L}` of ByteLevel.", letters)
show("NUMBERS", "`\\p{N}` of ByteLevel.", [c for c in numbers if c not in set(letters)])
show("KEPT_BY_NFD", "Left alone by NFD though newer Unicode versions decompose them.", unchanged(normalizers.NFD(), "NFD"))
show("KEPT_BY_NFKC", "Left alone by NFKC and NFKD though newer Unicode versions decompose them.", unchanged(normalizers.NFKD(), "NFKD"))
