"""A local worker process: Beam's own harness, without its noise.

`python -m pipeline.worker` is what `run --workers N` starts N times; Beam hands over addresses in the environment.
"""

import faulthandler
import logging
import os
import sys

__all__: list[str] = []

if __name__ == "__main__":
    # A failure goes back to the runner with its traceback, and is told there, once. What Python cannot tell, a crash
    # of a native library, still reaches the terminal.
    faulthandler.enable(2)
    sys.stderr = open(os.devnull, "w")
    # Without a handler of its own the root logger makes one at the first warning, of Google's client libraries.
    logging.getLogger().addHandler(logging.NullHandler())
    from pipeline.loading import loading

    with loading():
        from apache_beam.runners.worker import sdk_worker_main

        import pipeline.graph  # noqa: F401

    sdk_worker_main.main(sys.argv)
