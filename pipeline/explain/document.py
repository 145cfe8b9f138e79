"""The life of one document: where it came from, what was measured of it, what became of it, and for whom it went.

story(open_output("out/sample"), "d9bb692cb126c960").lives

A run may be a stranger's: its manifest names files, and nobody who looks at it should be led to what hangs, or to a
library that parses a model in C++. An input is opened only where `Input` allows it: a glob of the configuration names
it, and it is a regular file. Unasked nothing is read in a store, through reading limits wider than the default, or
where it takes long although the run has the document; and a document is measured again only by models and bounds that
come with Babelmill. An id of the form `path#offset` asks for that file; `scan` asks for all inputs, and for the
models.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.own_steps import load_formats
from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.explain.diff import Differences, differences
from babelmill.pipeline.explain.outcomes import MOST, Found, Outcome, Search
from babelmill.pipeline.explain.records import Input, Origin
from babelmill.pipeline.explain.signals import Finding, judged
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.formatting.sanitize import clipped
from babelmill.pipeline.job.code_version import code_version
from babelmill.pipeline.job.stages import Screening, make_screening, named_models
from babelmill.transforms.documents import documents
from babelmill.transforms.errors import ConfigError, WorldError, nearest
from babelmill.transforms.read.records import Record
from babelmill.transforms.stages import Step

__all__ = ["Life", "Story", "story"]

_ERROR_CHARS = _ID_CHARS = 200
_SCAN_BYTES = 1 << 30
"""Input that is read through without being asked to: seconds."""
_MODELS = "measured again only with --scan: "


class Life(NamedTuple):
    """One document.

    `outcome`: None if no file of the run has it, as is so for one that the screen dropped without `audit: true`.
    `origin`: None if it was not found. `finding`: what the screening says of `text`; None without a text or a model.
    `kept`: the document in whose favour this one was removed, and how the two differ. `replaced`: how many were removed
    in favour of this one, and the first rows of `REMOVALS`.
    """

    id: str
    outcome: Outcome | None
    origin: Origin | None
    text: str | None
    finding: Finding | None
    kept: Found | None = None
    differences: Differences | None = None
    replaced: tuple[int, list[dict[str, object]]] = (0, [])
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it fell: what the run booked, or else what the screening says; `kept`; `unknown`."""
        if self.outcome is not None:
            return self.outcome.reason
        if self.finding is not None and self.finding.reasons:
            return self.finding.verdict
        return "unknown" if self.origin is None or isinstance(self.origin.record, Record) else self.origin.record.reason


class Story(NamedTuple):
    """All documents of an id, MOST at the most, and what is to be known of the telling itself."""

    id: str
    lives: tuple[Life, ...]
    notes: tuple[str, ...]


def story(output: Output, id: str, scan: bool | None = None, tell: Callable[[str], None] = lambda line: None) -> Story:
    """Return the life of every document of an id.

    Args:
        output: a finished run.
        id: a document's, or `path#offset` of any record of the input.
        scan: read all input files through for it, and use the models that the run names; None reads those that may be
            read unasked, if that is quick or no file of the run has the document.
        tell: called with a line before something that takes long.

    Raises:
        ConfigError: if there is no such document; says what was looked at, and names ids that are alike.
        DamageError: if a file of the run cannot be read.
    """
    return _Teller(output, tell, scan is True).story(id.encode("utf-8", "replace").decode(), scan)


class _Teller:
    def __init__(self, output: Output, tell: Callable[[str], None], asked: bool) -> None:
        self._output, self._tell, self._notes = output, tell, dict[str, None]()
        self._search = Search(output)
        try:
            # Nothing is written, and the folder's own name may be no UTF-8.
            config = Config.model_validate({**output.manifest.config, "output": "."})
        except (ValidationError, KeyError, TypeError) as error:
            raise ConfigError(
                "RUN", f"the manifest's configuration is not one of this version: {_line(error)}"
            ) from error
        # What a stranger's manifest names is imported only for who asked.
        formats = load_formats(config.read.formats) if asked else None
        self._config, self._input, self._asked = config, Input(output, config, asked, formats), asked
        self._steps: tuple[Step, ...] | None = None

    def story(self, id: str, scan: bool | None) -> Story:
        located = self._input.split(id)
        origin = self._record_at(*located) if located else None
        if located and origin and isinstance(origin.record, Record) and origin.record.id:
            self._notes[f"the record at {id} has the id {origin.record.id}"] = None
            id, located = origin.record.id, None
        outcomes = self._placed(self._search.outcomes(id, located), id)
        origins = [origin] if origin else [] if located else self._origins(id, outcomes, scan)
        lives = [self._life(id, *pair) for pair in self._paired(outcomes, origins)]
        if not lives:
            raise ConfigError("ID", self._nothing(id))
        return Story(id, tuple(lives[:MOST]), tuple(self._notes))

    def _record_at(self, path: str, offset: int) -> Origin | None:
        """Return the record at an offset, and note what is wrong with the file."""
        try:
            origin = self._input.at(path, offset)
        except WorldError as error:
            self._notes[str(error)] = None
            return None
        self._note_problems([path])
        if origin is None or origin.offset != offset:
            following = "" if origin is None else f"; the next one begins at {origin.offset}"
            self._notes[f"no record of {path} begins at {offset}{following}"] = None
            return None
        return origin

    def _placed(self, outcomes: list[Outcome], id: str) -> list[Outcome]:
        """Give the outcomes text and place from the staged files, where those stand."""
        staged = list(self._search.staged_rows(id)) if outcomes else []
        for number, outcome in enumerate(outcomes):
            if outcome.stage not in ("dedup", "write"):
                continue
            for hit in staged:
                if hit.row["source"] == outcome.source and outcome.text in (None, hit.row["text"]):
                    outcomes[number] = outcome._replace(text=hit.row["text"], place=hit.place)
                    staged.remove(hit)
                    break
        return outcomes

    def _origins(self, id: str, outcomes: Sequence[Outcome], scan: bool | None) -> list[Origin]:
        """Return the records of an id: by their places, or by reading the input through.

        With all places known, reading on could only find others of the id, dropped in a run that kept no audit.
        """
        try:
            placed = bool(outcomes) and self._input.has_items and all(o.place is not None for o in outcomes)
            found = [] if scan else [self._input.of_place(*one.place) for one in outcomes if one.place is not None]
            origins = [origin for origin in found if origin is not None]
            if scan is None:
                known = placed and len(origins) == len(outcomes)
                scan = not outcomes or (not known and self._input.size <= _SCAN_BYTES)
            if scan:
                files = self._input.paths
                self._tell(f"reading {len(files):,} input files through for it, {quantity(self._input.size, 'B')}")
                self._note_problems(files)
                return list(self._input.scan(id))
            if not (placed and self._config.audit):
                self._notes["the input was not read through for it; --scan does that"] = None
            self._note_problems([origin.path for origin in origins])
            return origins
        except WorldError as error:
            self._notes[str(error)] = None
            return []

    def _note_problems(self, paths: Sequence[str]) -> None:
        """Note the first file that is not as it was, and how many others are not."""
        problems = [problem for path in dict.fromkeys(paths) if (problem := self._input.problem(path))]
        if problems:
            self._notes[problems[0] + (f" (and {len(problems) - 1:,} more files)" if problems[1:] else "")] = None

    def _paired(
        self, outcomes: Sequence[Outcome], origins: Sequence[Origin]
    ) -> list[tuple[Outcome | None, Origin | None]]:
        """Give each outcome its record: the one with its text, or else one of its source."""
        left, pairs = list(origins), dict[int, Origin]()
        for fits in (_same_place, _same_text, _same_source):
            for number, outcome in enumerate(outcomes):
                match = next((origin for origin in left if number not in pairs and fits(outcome, origin)), None)
                if match is not None:
                    pairs[number] = match
                    left.remove(match)
        return [(outcome, pairs.get(number)) for number, outcome in enumerate(outcomes)] + [(None, o) for o in left]

    def _life(self, id: str, outcome: Outcome | None, origin: Origin | None) -> Life:
        record = origin.record if origin and isinstance(origin.record, Record) else None
        text = outcome.text if outcome and outcome.text is not None else record.text if record else None
        notes = []
        if record and text != record.text:
            notes.append("the input's text is not the one that the run has")
        source = outcome.source if outcome and outcome.source else origin.source if origin else ""
        finding = self._finding(id, source, text) if text is not None else None
        life = Life(id, outcome, origin, text, finding)
        if outcome is None and finding is not None and not finding.reasons:
            notes.append("the screening keeps it, yet no file of the run has it: the input has changed since")
        if life.reason.startswith("language/"):
            least = ", ".join(f"{lang} {score:g}" for lang, score in self._config.language.min_score.items())
            notes.append(f"the run keeps {', '.join(self._config.wanted)}, from a score on of: {least}")
        if outcome is not None and outcome.reason == "kept":
            life = life._replace(replaced=self._search.replaced(id))
        if outcome is not None and outcome.stage == "dedup":
            kept, differ = self._kept(outcome, text)
            life = life._replace(kept=kept, differences=differ)
        return life._replace(notes=tuple(notes))

    def _kept(self, outcome: Outcome, text: str | None) -> tuple[Found | None, Differences | None]:
        """Return the document in whose favour one was removed, of several with its id the most alike."""
        id = outcome.row["kept_id"]
        most = 1 if self._input.split(id) or text is None else MOST
        hits = list(self._search.shard_rows(id, most, outcome.row["lang"]))
        if not hits or text is None:
            return hits[0] if hits else None, None
        compared = [(hit, differences(text, hit.row["text"])) for hit in hits]
        return max(compared, key=lambda pair: pair[1].same)

    def _finding(self, id: str, source: str, text: str) -> Finding | None:
        """Run the screening on one document; note why not, and what is not as it was in the run."""
        if self._steps is None and not self._asked and (named := named_models(self._config)):
            self._notes[f"{_MODELS}the run names {clipped(named, _ID_CHARS)}"] = None
            self._steps = ()
        if self._steps is None:
            try:
                screening = make_screening(self._config)
            except ConfigError as error:
                self._notes[f"not measured again: {error}"] = None
                self._steps = ()
            else:
                self._steps = screening.steps
                self._compare(screening)
        if not self._steps:
            return None
        [finding] = judged(documents([text], source=source, ids=[id]), self._steps)
        return finding

    def _compare(self, screening: Screening) -> None:
        manifest = self._output.manifest
        for what, now, then in (
            ("models", screening.models, manifest.models),
            ("quality bounds", screening.profile_digest, manifest.quality_profile),
            ("code", code_version(), manifest.code),
        ):
            if now != then:
                self._notes[f"measured again with other {what} than the run's"] = None

    def _nothing(self, id: str) -> str:
        id = clipped(id, _ID_CHARS)
        looked = [f"{count:,} in {place}" for place, count in sorted(self._search.looked.items())]
        if self._input.records:
            looked.append(f"{self._input.records:,} records of the input")
        path, mark, _ = id.rpartition("#")
        alike = [clipped(other, _ID_CHARS) for other in self._search.alike]
        if alike:
            hint = f"; ids that contain it: {', '.join(alike[:3])}"
        elif mark and path not in self._input.paths:
            hint = f"; {path} is no input of the run{nearest(path, self._input.paths)}"
        else:
            hint = ""
        notes = "".join(f"; {note}" for note in self._notes)
        return f"{self._output.folder} has no document {id}; looked at {', '.join(looked) or 'nothing'}{notes}{hint}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:_ERROR_CHARS]


def _same_place(outcome: Outcome, origin: Origin) -> bool:
    return (outcome.row.get("path"), outcome.row.get("offset")) == (origin.path, origin.offset)


def _same_text(outcome: Outcome, origin: Origin) -> bool:
    if outcome.text is None or not isinstance(origin.record, Record):
        return False
    return outcome.source == origin.source and outcome.text == origin.record.text


def _same_source(outcome: Outcome, origin: Origin) -> bool:
    return outcome.source == origin.source and isinstance(origin.record, Record)
