"""`python -m babelmill`: the command line."""

from babelmill.pipeline.cli import main

main()
