"""Personal data in source code: what masking replaces in it, and whether it finds addresses that stand in comments.

    python -m tests.benchmarks.pii_code FOLDER [--wrong FILE] [--finds FILE] [--plants 400] [--seed 0]

FOLDER/<language>/… holds source files in UTF-8; the folder's name tells how a comment is written (`COMMENTS`).

* False replacements. Every find is written once to `--finds`: kind, language, text, its line, tab-separated. Sources
  are full of true finds (authors' addresses, telephone numbers and IP addresses of tests), so a person reads that list
  and writes into `--wrong`, a line each, `kind<tab>text`, what is no such thing: an expression, a version, a row of a
  table. Without that file all finds count.
* Recall. Invented addresses, with top-level domains that are attributes' names among them, are put into comments at
  random lines of real files, in the ways of `WAYS`; one is found where it is replaced whole.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from babelmill.transforms.pii.kinds import KINDS, PLACEHOLDERS
from babelmill.transforms.pii.mask import Mask

COMMENTS = {
    **dict.fromkeys(("ada", "haskell", "lua", "sql"), "-- {}"),
    **dict.fromkeys(("c", "css"), "/* {} */"),
    **dict.fromkeys(("erlang", "octave", "tex"), "% {}"),
    **dict.fromkeys(("config", "elixir", "julia", "perl", "python", "r", "ruby", "shell", "tcl"), "# {}"),
    "fortran": "*> {}",
    "lisp": ";; {}",
    "ocaml": "(* {} *)",
}
"""Language → a comment; `// …` for all others."""
WAYS = (
    "Author: Jana Doe <{}>", "@author {}", "Written by Jana Doe ({})", "contact {} for details", "TODO({}): tidy up",
    "{}", "reported by {}, thanks!", "Copyright (c) 2012-2020 Jana Doe {}. All rights reserved.", "email: {}",
    "see mailto:{}", "{}; {}", "Cc: {}", "maintainer='{}'", "patch of {} of last year", "ask {} first",
)  # fmt: skip
"""How addresses stand in comments."""
TOP_LEVEL = (
    "com org net edu de fr co.uk com.br gov io dev me info name ai app id.au in at is tech xyz data team".split()
)


def address(chance: random.Random) -> str:
    """Return an address of nobody."""
    first = chance.choice(("jana", "j", "jd", "jana.doe", "j.doe", "doe+list", "jana_doe", "jdoe42", "J.Doe"))
    host = chance.choice(("doe", "mail.doe-lab", "cs.doe", "do", "doe42", "the-does", "doe.students"))
    return f"{first}@{host}.{chance.choice(TOP_LEVEL)}"


def sources(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield language and text of every file, in order."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).parts[0], path.read_text()


def finds(language: str, text: str, mask: Mask) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, language, what was found and its line for every find."""
    raw = text.encode()
    for _, kind, begin, stop in mask.find(pa.array([text])).tolist():
        first, last = raw.rfind(b"\n", 0, begin) + 1, raw.find(b"\n", stop)
        before, after = raw[max(first, begin - 80) : begin], raw[stop : last if last >= 0 else len(raw)][:60]
        found = raw[begin:stop].decode()
        yield (
            KINDS[kind],
            language,
            found,
            f"{before.decode(errors='replace')}⟦{found}⟧{after.decode(errors='replace')}",
        )


def planted(language: str, text: str, chance: random.Random, mask: Mask) -> tuple[int, list[str]]:
    """Put a comment with addresses into a text; return how many there are, and the comments in which one is missed."""
    way = chance.choice(WAYS)
    addresses = [address(chance) for _ in range(way.count("{}"))]
    comment = COMMENTS.get(language, "// {}").format(way.format(*addresses))
    wanted = COMMENTS.get(language, "// {}").format(way.format(*[PLACEHOLDERS["email"]] * len(addresses)))
    lines = text.split("\n")
    place = chance.randrange(len(lines) + 1)
    lines[place:place] = [comment]
    masked = mask(pa.array(["\n".join(lines)]))[0][0].as_py().split("\n")[place]
    return len(addresses), [] if masked == wanted else [f"{comment} → {masked}"] * len(addresses)


def main() -> int:
    """Return 0 if false replacements and recall are within their bars."""
    parser = argparse.ArgumentParser(description="Masking of source code: false replacements, recall in comments.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wrong", type=Path, help="finds that a reader called wrong: kind<tab>text")
    parser.add_argument("--finds", type=Path, help="where to list every find once")
    parser.add_argument("--plants", type=int, default=400, help="comments a language")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance, mask = random.Random(arguments.seed), Mask(KINDS)
    labels = set(arguments.wrong.read_text().splitlines()) if arguments.wrong else None
    size, kinds, false, listed = Counter[str](), Counter[str](), Counter[str](), {}
    texts: dict[str, list[str]] = {}
    for language, text in sources(arguments.folder):
        size[language] += len(text.encode())
        texts.setdefault(language, []).append(text)
        for kind, _, found, line in finds(language, text, mask):
            kinds[kind] += 1
            listed.setdefault((kind, found), (language, line))
            false[language] += labels is None or f"{kind}\t{found}" in labels
    if arguments.finds:
        rows = (f"{kind}\t{language}\t{found}\t{line.strip()}\n" for (kind, found), (language, line) in listed.items())
        arguments.finds.write_text("".join(rows))
    missed: dict[str, list[str]] = {}
    plants = Counter[str]()
    for language, own in texts.items():
        for _ in range(arguments.plants):
            n, lost = planted(language, chance.choice(own), chance, mask)
            plants[language] += n
            missed.setdefault(language, []).extend(lost)
    for language in sorted(size):
        recall = 1 - len(missed[language]) / max(plants[language], 1)
        print(f"{language:12} {size[language] / 1e6:6.1f} MB, {false[language]} false, recall {recall:.3f}")
    total, lost = sum(size.values()), [comment for comments in missed.values() for comment in comments]
    rate, recall = sum(false.values()) / total * 1e7, 1 - len(lost) / max(sum(plants.values()), 1)
    print(f"{total / 1e6:.1f} MB of {len(size)} languages; finds: {dict(kinds)}")
    print(f"false replacements in 10 MB: {rate:.2f} (at most 1)")
    print(f"recall of {sum(plants.values())} addresses in comments: {recall:.4f} (at least .98)")
    for comment in dict.fromkeys(lost[:20]):
        print(f"  missed: {comment}")
    return 0 if rate <= 1 and recall >= 0.98 else 1


if __name__ == "__main__":
    sys.exit(main())
