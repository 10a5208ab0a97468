"""The command-line program, and the tools for commands of plugins.

Plugin authors import `Asking`, `format_option`, `print_rows`, `say`, `note`, `download` and the exit codes from here.
"""

from tess_source.cli.asking import Asking as Asking
from tess_source.cli.printing import INTERRUPTED as INTERRUPTED
from tess_source.cli.printing import NOTHING as NOTHING
from tess_source.cli.printing import SOME_FAILED as SOME_FAILED
from tess_source.cli.printing import USAGE as USAGE
from tess_source.cli.printing import download as download
from tess_source.cli.printing import format_option as format_option
from tess_source.cli.printing import note as note
from tess_source.cli.printing import print_rows as print_rows
from tess_source.cli.printing import say as say
