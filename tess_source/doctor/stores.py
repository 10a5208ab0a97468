"""What a check-up finds about object stores: which can be opened, and what the environment says of them, without any secret."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tess_source.doctor.finding import OFF, OK, PROBLEM, Finding
from tess_source.extras import is_installed
from tess_source.logins import without_user
from tess_source.object_store.path import SCHEMES

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["object_stores"]

SHOWN = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ALLOW_HTTP", "AWS_SKIP_SIGNATURE")
"""Variables whose values are no secret."""
ADDRESSES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_ENDPOINT")
SECRET = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
    "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_KEY", "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CLIENT_ID", "AZURE_STORAGE_CLIENT_SECRET",
)  # fmt: skip
"""Variables of which only is told that they are set."""
PREFIXES = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}
PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
UNTOLD = "no variables: keys come from a profile or from this machine's role, if there is one"


def object_stores(session: Session) -> Iterator[Finding]:
    """Yield which object stores can be opened. None is asked."""
    del session
    if not is_installed("obstore"):
        for scheme in SCHEMES:
            yield Finding(OFF, "store", f"{scheme}://", "obstore is not installed", "pip install 'tess-source[s3]'")
        return
    for scheme in SCHEMES:
        said = ", ".join(_variables(PREFIXES[scheme]))
        lacking = [name for name in PAIR if not os.environ.get(name)]
        if scheme == "s3" and len(lacking) == 1:
            yield Finding(PROBLEM, "store", "s3://", said, f"Set {lacking[0]} too: the two keys belong together")
        else:
            yield Finding(OK if said else OFF, "store", f"{scheme}://", said or UNTOLD)


def _variables(prefix: str) -> Iterator[str]:
    for name in (*ADDRESSES, *SHOWN, *SECRET):
        if name.startswith(prefix) and (value := os.environ.get(name)):
            shown = without_user(value) if name in ADDRESSES else value
            yield f"{name} set" if name in SECRET else f"{name}={shown}"
