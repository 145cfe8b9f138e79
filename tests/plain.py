"""The plain-Python twin of the Layout: what a reader checks the kernel against."""

import re
import unicodedata

IDEOGRAPHS = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3041, 0x309F),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF),
)  # fmt: skip
JOINERS = set("'’ʼ_.-‐‑@\\|^~`+")
AFFIXES = set("-/\\|@^~`+")
BULLETS = set("-–—*•‣⁃◦▪▫●○■□·・►▶✓✔➢")


def is_space(char: str) -> bool:
    return char.isspace() or char == "\u200b"


def is_ignored(char: str) -> bool:
    return (unicodedata.category(char)[0] == "M" or unicodedata.category(char) == "Cf") and not is_space(char)


def is_letter(char: str) -> bool:
    return char.isalpha() or char == "〇"


def is_alnum(char: str) -> bool:
    return is_letter(char) or unicodedata.category(char) == "Nd"


def is_ideograph(char: str) -> bool:
    return is_letter(char) and any(first <= ord(char) <= last for first, last in IDEOGRAPHS)


def joins(before: str, mark: str, after: str) -> bool:
    if mark in JOINERS:
        return is_alnum(after) and not is_ideograph(after)
    return mark == "," and all(unicodedata.category(char) == "Nd" for char in (before, after))


def after_affixes(text: str, i: int) -> int:
    while i < len(text) and text[i] in AFFIXES:
        i += 1
    return i


def word_end(text: str, start: int) -> int:
    first, i = text[start], start + 1
    if is_ideograph(first):
        while i < len(text) and is_ignored(text[i]):
            i += 1
        return i
    behind = after_affixes(text, start)
    if behind > start:
        if behind == len(text) or not is_alnum(text[behind]) or is_ideograph(text[behind]):
            return behind
        i = behind
    elif not is_alnum(first):
        while i < len(text) and text[i] == first:
            i += 1
        return i
    while i < len(text) and not is_ideograph(text[i]):
        if is_alnum(text[i]) or is_ignored(text[i]):
            i += 1
        elif i + 1 < len(text) and joins(text[i - 1], text[i], text[i + 1]):
            i += 2
        else:
            behind = after_affixes(text, i)
            return i if behind < len(text) and is_alnum(text[behind]) else behind
    return i


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where the Layout's words start and end."""
    found, i = [], 0
    while i < len(text):
        if is_space(text[i]) or is_ignored(text[i]):
            i += 1
            continue
        end = word_end(text, i)
        found.append((i, end))
        i = end
    return found


def words(text: str) -> list[str]:
    """Split a text into the Layout's words."""
    return [text[start:end] for start, end in word_spans(text)]


def figure(char: str) -> str:
    """Return what a character is as a part of a number or a formula, or nothing."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if char == "−":
        return "-"
    plain = unicodedata.normalize("NFKC", char)
    operator = category == "Sm" or char in "+-*/%<=>&|^~"
    return char if category[0] == "N" else (plain if len(plain) == 1 else char) if operator else ""


def figures(text: str) -> list[str]:
    """Return each word's digits and operators, or nothing where it is no figure."""
    found = []
    for start, end in word_spans(text):
        word = text[start:end]
        if not any(map(is_alnum, word)):
            line = text[text.rfind("\n", 0, start) + 1 : start]
            first = all(is_space(char) or is_ignored(char) for char in line)
            bullet = first and word[0] in BULLETS and (end == len(text) or is_space(text[end]))
            if bullet or len(word) >= 4:
                found.append("")
                continue
        hyphens = any(map(is_letter, word)) and not any(unicodedata.category(char) == "Nd" for char in word)
        found.append("".join(same for same in map(figure, word) if not (hyphens and same == "-")))
    return found


def script(char: str) -> str:
    """Return the ISO 15924 code of a letter's script, of those that the recipe's languages are written in."""
    if not char.isalpha() and char != "〇":
        return ""
    for name, code in SCRIPT_NAMES.items():
        if name in unicodedata.name(char, "") and not is_space(char):
            return code
    return ""


SCRIPT_NAMES = {
    "LATIN ": "Latn", "CYRILLIC ": "Cyrl", "GREEK ": "Grek", "ARABIC ": "Arab", "CJK ": "Hani", "IDEOGRAPHIC ": "Hani",
    "HIRAGANA": "Hrkt", "KATAKANA": "Hrkt", "HANGUL ": "Hang",
}  # fmt: skip


def paragraphs(text: str) -> list[str]:
    """Split a text into runs of lines with no blank one between them."""
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line := line.strip(NO_INK):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return ["\n".join(part) for part in found if part]


def lines(text: str) -> list[str]:
    """Split a text into its lines that are not blank, without the white space around them."""
    stripped = (line.strip(NO_INK) for line in text.split("\n"))
    return [line for line in stripped if line]


def is_invisible(char: str) -> bool:
    """Say whether a character has no ink: format characters but Arabic's number signs, fillers, selectors."""
    if char in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0":
        return True
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return True
    name = unicodedata.name(char, "")
    inked = name.startswith(("ARABIC", "SYRIAC", "KAITHI")) and name != "ARABIC LETTER MARK"
    return unicodedata.category(char) == "Cf" and not inked


def ends_sentence(line: str) -> bool:
    """Say whether a line ends in a terminal, closing quotes, brackets and marks of footnotes left out."""
    closing = "\"'”’“‘‛‚„‟»«›‹)*_`]´′″†‡¹²³⁰⁴⁵⁶⁷⁸⁹〉》」』】〕〗〙〛〝〞〟︶﹂﹄＂＇）］｠｣"
    first = line
    while line:
        if line[-1] in ".!?。！？؟۔।॥…"[:-1]:
            return True
        note = re.search(r"[\[［〔][\w\s]{1,15}[\]］〕]$", line)
        if note:
            line = line[: note.start()]
        elif line[-1] in closing or (line != first and (is_space(line[-1]) or is_ignored(line[-1]))):
            line = line[:-1]
        else:
            return False
    return False


NO_INK = "".join(
    char for char in map(chr, (*range(0x10000), *range(0xE0000, 0xE0200))) if is_space(char) or is_invisible(char)
)


def merge(ids: list[int], ranked: dict[tuple[int, int], int]) -> list[int]:
    """Byte pair encoding by its definition: `ranked` maps pairs to what they become, in the order of their ranks."""
    order = list(ranked)
    while True:
        known = [(order.index(pair), at) for at, pair in enumerate(zip(ids, ids[1:], strict=False)) if pair in ranked]
        if not known:
            return ids
        rank, at = min(known)
        ids = [*ids[:at], ranked[order[rank]], *ids[at + 2 :]]


def encode_by_rank(piece: bytes, ranks: dict[bytes, int]) -> list[int]:
    """Encode a piece of text as tiktoken does: whole if it is a token, else the lowest joint rank first, leftmost."""
    if piece in ranks:
        return [ranks[piece]]
    parts = [piece[i : i + 1] for i in range(len(piece))]
    while True:
        pairs = enumerate(zip(parts, parts[1:], strict=False))
        known = [(ranks[left + right], at) for at, (left, right) in pairs if left + right in ranks]
        if not known:
            return [ranks[part] for part in parts]
        _, at = min(known)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
