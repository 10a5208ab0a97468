"""Run the program by ``python -m tess_source``."""

from tess_source.cli.program import main

main()
