"""Choose: edges in, removed documents out, on one worker or in rounds. The graph of it; `rounds` is what happens there.

    one home     edges ─ Decide ─► verdicts
    greedy       edges ─ Decide ─ Decide … ─ (all that is left to one) ─ Decide ─► verdicts, of every step
    transitive   edges ─ Link ─ Link … ─┬─ (the rest to one) ─ Link the rest ─┬─ Link ─ Name the best ─► verdicts
                   └─ reasons ──────────┴──────────────────────────────────────┘

Which of the two is decided where the graph is built, by the number of homes, for that follows from the input's size:
the steps are the same functions, and one home is a run whose first round is its last.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from babelmill.transforms.dedup.clusters import ClusterWay, contract, reasons, removed_of
from babelmill.transforms.dedup.homes import ASKS, EDGES, LINKS, Inbox, home_of, post
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.removals import KEPT_FOR
from babelmill.transforms.dedup.rounds import Place, decide_here, link_here, renamed, rest_of

__all__ = ["ROUNDS", "Choose"]

ROUNDS = 5
"""Rounds before one worker takes what is left."""
_Packed = tuple[int, bytes]
_Out = Iterator[object]


def _verdicts(removed: npt.NDArray[np.void]) -> _Out:
    """Tell removed documents to the items of those that are kept for them."""
    for message in post(KEPT_FOR, removed, items_of(removed["better"])):
        yield beam.pvalue.TaggedOutput("verdicts", message)


class Decide(beam.DoFn):  # type: ignore[misc]
    """(home, messages) → (home, message) for the next round. Tagged `verdicts`: (item, message)."""

    def __init__(self, homes: int, first: bool, last: bool) -> None:
        self._homes, self._first, self._last = homes, first, last

    def process(self, element: tuple[int, Iterable[bytes]]) -> _Out:
        """Decide greedily what one home can."""
        home, messages = element
        removed, mail = decide_here(Inbox(messages), Place(home, self._homes, self._first))
        yield from _verdicts(removed)
        if self._homes == 1:
            return
        for to, message in mail:
            if not self._last:
                yield to, message
            elif not message.startswith(ASKS):
                # One worker takes it from here, and has nobody to ask.
                yield 0, message


class Link(beam.DoFn):  # type: ignore[misc]
    """(home, messages) → (home, message) for the next round.

    Tagged `reasons`: (home, EDGES) of each document's best edges, for the end; `rest`: (0, LINKS) for the one worker.
    """

    def __init__(self, homes: int, first: bool, last: bool) -> None:
        self._homes, self._first, self._last = homes, first, last

    def process(self, element: tuple[int, Iterable[bytes]]) -> _Out:
        """Link the documents of one home."""
        home, messages = element
        inbox, place = Inbox(messages), Place(home, self._homes, self._first)
        stars, mail = link_here(inbox, place)
        yield from mail
        if self._first:
            why = reasons(inbox.edges)
            for message in post(EDGES, why, home_of(why["doc"], self._homes)):
                yield beam.pvalue.TaggedOutput("reasons", message)
        if self._last:
            rest = rest_of(stars, inbox, place)
            for message in post(LINKS, rest, 0):
                yield beam.pvalue.TaggedOutput("rest", message)


class LinkTheRest(beam.DoFn):  # type: ignore[misc]
    """(0, all LINKS that were not yet stars) → (home, LINKS) to the best document of each cluster."""

    def __init__(self, homes: int) -> None:
        self._homes = homes

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        """Link what is left, in memory."""
        stars = contract(Inbox(element[1]).links)
        yield from post(LINKS, stars, home_of(stars["doc"], self._homes))


class NameTheBest(beam.DoFn):  # type: ignore[misc]
    """(home, its last messages and reasons; or all EDGES at the only home) → tagged `verdicts`: (item, message)."""

    def __init__(self, homes: int) -> None:
        self._homes = homes

    def process(self, element: tuple[int, Iterable[bytes]]) -> _Out:
        """Name the best document of each cluster."""
        inbox = Inbox(element[1])
        edges = inbox.edges
        if self._homes == 1:
            yield from _verdicts(removed_of(contract(edges), reasons(edges)))
        else:
            yield from _verdicts(removed_of(contract(renamed(inbox.links, inbox.renames)), edges))


class Choose(beam.PTransform):  # type: ignore[misc]
    """Choose which documents go. Input: (home, EDGES). Output: (item of the kept, KEPT_FOR).

    Args:
        way: greedy or transitive.
        homes: partitions of the documents; 1 is one worker, in memory.
        rounds: before one worker takes what is left; 2 at the least.
    """

    def __init__(self, way: ClusterWay, homes: int, rounds: int = ROUNDS) -> None:
        super().__init__()
        self._way, self._homes, self._rounds = way, homes, rounds

    def expand(self, edges: beam.PCollection) -> beam.PCollection:
        """Unroll the rounds."""
        if self._way == "greedy":
            return self._greedy(edges)
        return self._transitive(edges)

    def _greedy(self, mail: beam.PCollection) -> beam.PCollection:
        if self._homes == 1:
            return _step(mail, "Decide", Decide(1, True, True), "verdicts").verdicts
        verdicts = []
        for number in range(1, self._rounds + 1):
            step = Decide(self._homes, number == 1, number == self._rounds)
            done = _step(mail, f"Decide {number}", step, "verdicts")
            mail = done.mail
            verdicts.append(done.verdicts)
        verdicts.append(_step(mail, "Decide the rest", Decide(1, False, True), "verdicts").verdicts)
        return verdicts | "All verdicts" >> beam.Flatten()

    def _transitive(self, mail: beam.PCollection) -> beam.PCollection:
        if self._homes > 1:
            homes, done = self._homes, []
            for number in range(1, self._rounds + 1):
                step = Link(homes, number == 1, number == self._rounds)
                done.append(_step(mail, f"Link {number}", step, "reasons", "rest"))
                mail = done[-1].mail
            rest = _step(done[-1].rest, "Link the rest", LinkTheRest(homes)).mail
            mail = (mail, rest) | "With the rest" >> beam.Flatten()
            mail = _step(mail, "Link again", Link(homes, False, False), "reasons", "rest").mail
            mail = (mail, done[0].reasons) | "With the reasons" >> beam.Flatten()
        return _step(mail, "Name the best", NameTheBest(self._homes), "verdicts").verdicts


def _step(mail: beam.PCollection, name: str, work: beam.DoFn, *tagged: str) -> Any:
    """Bring messages to their homes and do something there; what is sent on is the output `mail`."""
    typed = beam.ParDo(work).with_output_types(_Packed, **dict.fromkeys(tagged, _Packed))
    return mail | f"Gather for {name}" >> beam.GroupByKey() | name >> typed.with_outputs(*tagged, main="mail")
