"""Why files could not be opened, as one error."""

from __future__ import annotations

import pytest

from tess_source.errors import DamagedFileError, LoadError, NoReaderError
from tess_source.tables.loaded import Loaded
from tess_source.tables.reasons import Reasons


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([DamagedFileError("it is cut")], DamagedFileError),
        ([DamagedFileError("it is cut"), DamagedFileError("it is empty")], DamagedFileError),
        ([DamagedFileError("it is cut"), NoReaderError("no reader")], LoadError),
        ([NoReaderError("no reader")], LoadError),
        ([], LoadError),
    ],
    ids=str,
)
def test_where_all_files_are_damaged_the_error_says_so(errors: list[Exception], kind: type[Exception]) -> None:
    failed = {f"{number}.fits": error for number, error in enumerate(errors)}
    assert Reasons(failed).error_class is kind
    with pytest.raises(kind, match="nothing could be opened") as caught:
        Loaded({}, failed).collection(len(failed))
    assert type(caught.value) is kind
