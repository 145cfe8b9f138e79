"""How numbers are written, on the terminal and on the page."""

__all__ = ["count", "quantity", "share"]


def quantity(number: float, unit: str = "") -> str:
    """Write a number with three digits and a prefix: `9.54M`, `71.3 MB`."""
    space = " " if unit else ""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        # What rounds up to the next prefix's first number belongs there.
        if abs(number) >= 0.9995 * size:
            value = number / size
            return f"{value:.0f}{space}{prefix}{unit}" if abs(value) >= 999.5 else f"{value:.3g}{space}{prefix}{unit}"
    return f"{number:.0f}{space}{unit}"


def share(part: float, whole: float) -> str:
    """Write a part of a whole in per cent; a dash where there is no whole."""
    return f"{100 * part / whole:.1f}%" if whole else "–"


def count(number: int) -> str:
    """Write a number whole while it is short."""
    return f"{number:,}" if number < 1_000_000 else quantity(number)
