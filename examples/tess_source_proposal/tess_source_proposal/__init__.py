"""Choose products by Guest Investigator programme."""

from tess_source import Filter, hookimpl

from .proposals import check, keep


@hookimpl
def tess_filters() -> tuple[Filter, ...]:
    """Declare ``proposal=``, which is also ``--proposal``."""
    help_line = "Guest Investigator programmes that asked for the target"
    return (Filter("proposal", keep, help_line, check=check, multiple=True, metavar="G06062"),)
