"""Prints src/unicode/unicode-ranges.ts: how Hugging Face's `tokenizers` classes every code point.

Run with the packages `tokenizers` and `unicodedata2` of Python installed: python scripts/unicode_ranges.py > src/unicode/unicode-ranges.ts
"""

import tokenizers
import unicodedata2
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


def new_canonical():
    """Code points that today's canonical forms move, decompose or compose, and those of this library do not know."""
    nfd = normalizers.NFD()
    found = set()
    for c in CODE_POINTS:
        text = chr(c)
        decomposed = unicodedata2.normalize("NFD", text)
        if decomposed != text and nfd.normalize_str(text) == text:
            found |= {c, ord(decomposed[0])}
        # Of the marks, the first comes before and the second behind every class but its own.
        moves = any(nfd.normalize_str(t) != t for t in (f"a{text}\u0334", f"a\u0315{text}"))
        if unicodedata2.combining(text) and not moves:
            found.add(c)
    return sorted(found)


def new_compatible():
    nfkd = normalizers.NFKD()
    kept = (c for c in CODE_POINTS if nfkd.normalize_str(chr(c)) == chr(c))
    return [c for c in kept if unicodedata2.normalize("NFKD", chr(c)) != chr(c)]


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
words = pieces(pre_tokenizers.Whitespace(), "a", "b")
show("WORD", "`\\w` of Whitespace and of added tokens.", [c for c, n in words.items() if n == 1])
show("LETTERS", "`\\p{L}` of ByteLevel.", letters)
show("NUMBERS", "`\\p{N}` of ByteLevel.", [c for c in numbers if c not in set(letters)])
show("NEW_CANONICAL", "Unknown to NFC and NFD, though newer Unicode versions reorder, decompose or compose them.", new_canonical())
show("NEW_COMPATIBLE", "Unknown to NFKC and NFKD, though newer Unicode versions decompose them.", new_compatible())
