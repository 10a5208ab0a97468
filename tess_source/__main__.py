"""``python -m tess_source`` is the program."""

from tess_source.cli.program import main

main()
