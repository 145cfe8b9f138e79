"""Programs and texts that code is told from text with: files of unpacked packages, by the endings of their names."""

import gzip
import hashlib
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from babelmill.transforms.text.gate import gate

ENDINGS = {
    "python": "py pyi", "c": "c h", "cpp": "cc cpp cxx hpp hh hxx ipp tcc", "csharp": "cs", "java": "java",
    "javascript": "js mjs cjs jsx", "typescript": "ts tsx mts cts", "go": "go", "rust": "rs", "ruby": "rb rake",
    "php": "php inc", "shell": "sh bash zsh", "sql": "sql", "html": "html htm xhtml", "css": "css scss less",
    "json": "json", "yaml": "yml yaml", "xml": "xml xsd xsl rng svg", "perl": "pl pm", "r": "R r", "julia": "jl",
    "lua": "lua", "haskell": "hs", "swift": "swift", "kotlin": "kt kts", "scala": "scala",
    "fortran": "f f90 F F90 for", "matlab": "m", "objc": "mm", "makefile": "mk mak am", "cmake": "cmake",
    "diff": "patch diff", "lisp": "el lisp clj", "erlang": "erl hrl", "ocaml": "ml mli", "tcl": "tcl",
    "groovy": "groovy gradle",
}  # fmt: skip
"""Language → endings of its files."""
NAMES = {"Makefile": "makefile", "makefile": "makefile", "GNUmakefile": "makefile", "CMakeLists.txt": "cmake"}
_OF_ENDING = {ending: lang for lang, endings in ENDINGS.items() for ending in endings.split()}
MANUALS = {".md", ".rst", ".txt", ".markdown"}
"""Endings of texts about programs."""
FILES, FILES_A_PACKAGE, LEAST_BYTES, MOST_BYTES = 500, 100, 100, 20_000


def held_out(name: str) -> bool:
    """Say whether what has this name is for testing."""
    return hashlib.md5(name.encode()).digest()[0] % 4 == 0


def language_of(path: Path, text: str) -> str | None:
    """Return a file's programming language by its name, None for none; headers are C++ where they say so."""
    lang = NAMES.get(path.name) or _OF_ENDING.get(path.suffix[1:])
    if path.suffix == ".h":
        if any(mark in text for mark in ("namespace ", "template <", "template<", "class ", "std::", "public:")):
            return "objc" if "@interface" in text or "@class" in text else "cpp"
        return "objc" if "#import" in text else "c"
    if path.suffix == ".m" and ("#import" in text or "@implementation" in text):
        return "objc"
    if path.suffix == ".php" and "<?php" not in text:
        return None
    if path.suffix == ".inc" and "<?php" not in text:
        return None
    if path.suffix == ".ts" and "<TS" in text:
        return None
    return lang


class Program(NamedTuple):
    """A program, and the package that it is from."""

    package: str
    text: str


def programs(folder: Path, test: bool) -> dict[str, list[Program]]:
    """Return language → programs of the packages that are for testing, or of the others.

    A language that fewer than four packages have is divided by files.
    """
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for package in sorted(folder.iterdir()):
        paths = [path for path in sorted(package.rglob("*")) if path.is_file() and not path.is_symlink()]
        random.Random(package.name).shuffle(paths)
        taken: dict[str, int] = defaultdict(int)
        for path in paths:
            guess = NAMES.get(path.name) or _OF_ENDING.get(path.suffix[1:])
            if guess is None or taken[guess] >= FILES_A_PACKAGE or path.stat().st_size < LEAST_BYTES:
                continue
            try:
                text = path.read_bytes()[: 10 * MOST_BYTES].decode()
            except UnicodeDecodeError:
                continue
            lang = language_of(path, text)
            if lang is None:
                continue
            taken[guess] += 1
            found[lang].append((package.name, str(path.relative_to(folder)), gate(text)[:MOST_BYTES]))
    chosen: dict[str, list[Program]] = {}
    for lang, files in sorted(found.items()):
        few = len({package for package, _, _ in files}) < 4
        mine = [Program(package, text) for package, path, text in files if held_out(path if few else package) == test]
        mine = list({one.text: one for one in mine}.values())
        random.Random(0).shuffle(mine)
        chosen[lang] = mine[:FILES]
    return chosen


def manuals(folder: Path, test: bool) -> list[str]:
    """Return texts about programs of the packages that are for testing, or of the others."""
    found = []
    for package in sorted(folder.iterdir()):
        if held_out(package.name) != test:
            continue
        paths = [path for path in sorted(package.rglob("*")) if path.suffix in MANUALS and path.is_file()]
        random.Random(package.name).shuffle(paths)
        for path in paths[:FILES_A_PACKAGE]:
            if path.name != "CMakeLists.txt" and path.stat().st_size >= LEAST_BYTES:
                found.append(gate(path.read_bytes()[:MOST_BYTES].decode(errors="ignore")))
    return list(dict.fromkeys(found))


def texts(folder: Path, test: bool) -> dict[str, list[str]]:
    """Return language → texts for testing, or the others."""
    chosen = {}
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            rows = [json.loads(line) for line in lines]
        chosen[path.name.split(".")[0]] = [gate(row["text"]) for row in rows if held_out(row["text"][:500]) == test]
    return chosen
