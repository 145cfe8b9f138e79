"""Unknown tokens on the terminal: what a tokenizer will not be able to write, and what it could not."""

from collections.abc import Mapping

from babelmill.pipeline.formatting.quantities import share
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.unknown import Lost

__all__ = ["unknown_lines", "unwritable_lines"]

_BECOMES = {"token": "unknown tokens stand for them", "lost": "they are left out"}


def unwritable_lines(plan: Plan) -> list[str]:
    """Return which languages the tokenizer of a plan cannot write, in whole or in part; nothing if it writes all."""
    if not plan.unwritable:
        return []
    shares = ", ".join(f"{lang} {part:.1%}" for lang, part in plan.unwritable.items())
    lines = [
        f"The tokenizer has characters without a token ({_BECOMES[plan.tokenizer.unknown]}); of the letters of each "
        f"language's frequent words: {shares}"
    ]
    if refused := plan.refused_languages:
        lines.append(
            f"A run that keeps documents in {', '.join(refused)} fails: more is without a token than "
            f"tokens.max_unknown_ratio {plan.config.tokens.max_unknown_ratio:g} allows"
        )
    return lines


def unknown_lines(found: Mapping[str, Lost]) -> list[str]:
    """Return what the tokenizer of a run could not write, a line for all languages; nothing if there is nothing."""
    if not found:
        return []
    counts = {
        "unknown tokens": sum(one.unknown for one in found.values()),
        "characters without a token": sum(one.characters for one in found.values()),
        "documents without a single token": sum(one.no_token for one in found.values()),
    }
    what = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    shares = ", ".join(
        f"{lang} {share(one.unknown + one.characters, one.tokens + one.characters)}" for lang, one in found.items()
    )
    return [f"{what}; share of a language's tokens: {shares}"]
