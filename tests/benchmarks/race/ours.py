"""Babelmill's own stages over the race's documents, as a peer's script measures its own.

python -m tests.benchmarks.race.ours FOLDER TOKENIZER LANGUAGE_MODEL REPEATS
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pyarrow as pa

from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.read.items import Item
from babelmill.transforms.stages import Annotate, Book
from babelmill.transforms.tokens.encoder import load_encoder
from tests.benchmarks.race.scripts.measure import Race, best_of, once, report
from tests.benchmarks.stages import config_of, lang_of, plan_of, read_item, stage_works
from tests.duplicates import near_removals

_STAGES = {"language": "language", "quality": "quality", "sign": "signature"}
"""The job's name of a stage → the race's."""
_SETTINGS = {
    "language": "Bayes and fastText, windows of the text, mixtures, script; program code told apart",
    "quality": "all signals and the rules of `fineweb2`",
    "signature": "256 minima, 5 words or ideographs, 14 bands of 8, a sketch by which pairs are verified; digest",
    "tokens": "the fast encoder with its audit, each text for the first time",
    "job": "`babelmill run`: personal data, ledger, statistics, audit and Parquet with ids too; less a run over one "
    "document a language",
}


def measure_stages(plan: Plan, repeats: int) -> None:
    """Measure the stages before the tokens, and print which language each document has and which pairs are joined."""
    cpu_s: dict[str, dict[str, float]] = {stage: {} for stage in _STAGES}
    labels = {}
    for item in plan.items:
        for stage, work in stage_works(plan, item):
            if stage in cpu_s:
                cpu_s[stage][lang_of(item)] = best_of(repeats, work)
        labels[lang_of(item)] = labelled(plan, item)
    report("language", _SETTINGS["language"], cpu_s["language"], labels=labels)
    report("quality", _SETTINGS["quality"], cpu_s["quality"])
    joined = {}
    for lang, texts in Race.started().texts("pairs.jsonl").items():
        removed = near_removals(texts, Near())
        joined[lang] = [(int(row["better"]), int(row["doc"])) for row in removed]
    report("signature", _SETTINGS["signature"], cpu_s["sign"], joined=joined)


def labelled(plan: Plan, item: Item) -> list[str]:
    """Return the language of each document, whether it is wanted or not."""
    steps = [step for step in plan.steps if step.stage == "language" and isinstance(step, Annotate)]
    batches = read_item(plan, item)
    for step in steps:
        batches = [step(batch, Book()) for batch in batches]
    return [lang for batch in batches for lang in batch["lang"].to_pylist()]


def measure_tokens(texts: dict[str, list[str]], tokenizer: str, repeats: int) -> None:
    """Measure fresh encoders, so that none has seen the texts; print digests of the ids."""
    cpu_s = {lang: float("inf") for lang in texts}
    ids = {}
    for _ in range(repeats):
        load_encoder.cache_clear()
        encoder = load_encoder(tokenizer)
        encoder.encode(pa.array(["warm up"]))
        for lang, found in texts.items():
            column = pa.array(found, pa.string())
            spent, ids[lang] = once(partial(encoder.encode, column))
            cpu_s[lang] = min(cpu_s[lang], spent)
    digests = {
        lang: [hashlib.blake2b(rows.row(i).tobytes(), digest_size=8).hexdigest() for i in range(len(texts[lang]))]
        for lang, rows in ids.items()
    }
    report("tokens", _SETTINGS["tokens"], cpu_s, ids=digests)


def run_s(corpus: Path) -> float:
    """Return the CPU seconds of a whole run, of all its processes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "babelmill", "run", str(config_of(corpus, Path(folder)))]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure every stage, then the job."""
    race = Race.started()
    texts = race.texts("documents.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        measure_stages(plan_of(race.folder / "input", Path(folder), list(texts), None), race.repeats)
    measure_tokens(texts, race.tokenizer, race.repeats)
    run_s(race.folder / "first")
    started = min(run_s(race.folder / "first") for _ in range(race.repeats))
    whole = min(run_s(race.folder / "input") for _ in range(race.repeats))
    report("job", _SETTINGS["job"], {"all": whole - started}, start_s=started)


if __name__ == "__main__":
    main()
