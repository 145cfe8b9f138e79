"""The Flex Template's program: the launcher image runs this file with the template's parameters as options.

`--config=gs://bucket/my.yaml`, `--overrides=key=value;key=value`, and Beam's own, which the launcher adds. It ends once
the job is described: waiting for it would keep it from starting.
"""

import argparse
import sys
from collections.abc import Sequence

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.dataflow.job import send
from babelmill.pipeline.dataflow.ready import get_ready
from babelmill.pipeline.job.changes import refuse_replacing
from babelmill.pipeline.job.ownership import check_output
from babelmill.transforms.errors import BabelmillError, ConfigError, ConfigErrors

__all__ = ["launch", "main"]


def launch(arguments: Sequence[str]) -> None:
    """Submit what the parameters describe.

    Raises:
        ConfigError: for all that is wrong.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--config", required=True)
    parser.add_argument("--overrides", default="")
    own, flags = parser.parse_known_args(arguments)
    ready = get_ready(load_config(own.config, [part for part in own.overrides.split(";") if part]), flags)
    if ready.wrong:
        raise ConfigErrors([ConfigError(check.key, check.found) for check in ready.wrong])
    check_output(ready.plan)
    refuse_replacing(ready.plan)
    send(ready.plan, ready.options, ready.cloud)


def main() -> int:
    """Return the exit code: 2 for a wrong configuration, 1 for a wrong world."""
    try:
        launch(sys.argv[1:])
    except BabelmillError as error:
        print(f"babelmill: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
