"""A local worker process: Beam's own harness, without its noise.

`python -m babelmill.pipeline.runners.worker LAUNCHER [--lean]` is what `run --workers N` starts N times, LAUNCHER being
the number of its process, and `--lean` said where it does without Beam's extras; addresses are in the environment. A
worker ends with its launcher, however that ends: nobody writes into an output that nobody holds any more.
"""

import faulthandler
import logging
import os
import signal
import sys
import threading
import time

__all__: list[str] = []

_LOOK_EVERY_S = 0.1


def _end_with(launcher: int) -> None:
    """Wait for the launcher's end, and end."""
    while os.getppid() == launcher:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    # A failure goes back to the runner with its traceback, and is told there, once. What Python cannot tell, a crash
    # of a native library, still reaches the terminal.
    faulthandler.enable(2)
    sys.stderr = open(os.devnull, "w")
    # Without a handler of its own the root logger makes one at the first warning, of Google's client libraries.
    logging.getLogger().addHandler(logging.NullHandler())
    # Ctrl-C reaches every process of a terminal. It is the launcher's to handle: a worker that it interrupts halfway
    # neither works nor ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    from babelmill.pipeline.runners.lean import load_beam
    from babelmill.pipeline.runners.startup import loading

    with loading():
        load_beam(lean="--lean" in sys.argv)
        from babelmill.pipeline.runners.memory import keep_memory

        keep_memory()
        from apache_beam.runners.worker import sdk_worker_main

        import babelmill.pipeline.job.graph  # noqa: F401
        from babelmill.transforms import heartbeat

    if pipe := os.environ.pop(heartbeat.HANDLE, ""):
        heartbeat.connect(int(pipe))

    sdk_worker_main.main(sys.argv)
