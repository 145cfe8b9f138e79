"""`babelmill plan`."""

from pipeline.console import ConfigFile, Overrides, command_line, exit_codes, out, planned, say

__all__ = ["plan"]


def plan(config: ConfigFile, overrides: Overrides = None) -> None:
    """Check a configuration and its inputs, and show what a run would do. Starts no worker, writes nothing."""
    with exit_codes():
        from pipeline.report.tables import outline

        found = planned(config, overrides)
        out.print(outline(found))
        say()
        say(f"{config} is right. Run it: {command_line('run', config, overrides)}")
