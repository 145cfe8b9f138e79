"""The files that were read and written, the configuration, and the digests that say what all of it was made from."""

from collections.abc import Mapping
from statistics import median

import orjson

from babelmill.pipeline.corpus.summary import Summary
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.show.html.markup import Html, el, lines
from babelmill.transforms.write.listed import ShardFile
from babelmill.transforms.write.manifest_file import Manifest

__all__ = ["configuration", "digests", "shards"]

_SHOWN_SHARDS = 100


def shards(summary: Summary) -> Html:
    """Return how many shards there are and of what size, and the first of them in a table."""
    files = sorted(summary.shards, key=lambda shard: (shard.file_bytes, shard.path))
    if not files:
        return el("p", "None: no document was kept.", class_="soft")
    facts = {
        "files": f"{len(files):,}",
        "together": quantity(sum(shard.file_bytes for shard in files), "B"),
        "smallest": f"{quantity(files[0].file_bytes, 'B')}, {files[0].path}",
        "median": quantity(median(shard.file_bytes for shard in files), "B"),
        "largest": f"{quantity(files[-1].file_bytes, 'B')}, {files[-1].path}",
    }
    return el("div", _facts(facts), _shard_table(summary.shards))


def _facts(facts: Mapping[str, object]) -> Html:
    return el("dl", *(el("div", el("dt", name), el("dd", value)) for name, value in facts.items()))


def _shard_table(files: tuple[ShardFile, ...]) -> Html:
    head = el(
        "tr", *(el("th", name, scope="col") for name in ("path", "documents", "text", "tokens", "file", "SHA-256"))
    )
    rows = [
        el(
            "tr", el("th", shard.path, scope="row"), el("td", f"{shard.rows:,}"),
            el("td", quantity(shard.text_bytes, "B")), el("td", quantity(shard.tokens)),
            el("td", quantity(shard.file_bytes, "B")), el("td", el("code", shard.sha256[:16])),
        )
        for shard in files[:_SHOWN_SHARDS]
    ]  # fmt: skip
    more = len(files) - len(rows)
    caption = "Shards" + (f", the first {len(rows)}; manifest.json lists {more:,} more" if more else "")
    table = el("table", el("caption", caption), el("thead", head), el("tbody", *rows))
    return el("details", el("summary", "Every shard"), el("div", table, class_="scroll", tabindex="0"))


def configuration(manifest: Manifest) -> Html:
    """Return the configuration, every key of it."""
    text = orjson.dumps(manifest.config, option=orjson.OPT_INDENT_2).decode()
    return el("details", el("summary", "The whole configuration"), el("pre", el("code", lines(text)), tabindex="0"))


def digests(manifest: Manifest) -> Html:
    """Return the digests of configuration, code, tokenizer, profile and models, and of the manifest itself."""
    facts = {
        "version": manifest.version,
        "code": manifest.code,
        "configuration": manifest.config_digest,
        "tokenizer": manifest.tokenizer.sha256 if manifest.tokenizer else "",
        "quality profile": manifest.quality_profile,
        **{f"model {key}": f"{model.sha256} {model.name}" for key, model in manifest.models.items()},
        **{f"{name}.parquet": table.sha256 for name, table in manifest.tables.items()},
        "manifest.json": manifest.sha256,
    }
    return _facts({name: el("code", value) for name, value in facts.items()})
