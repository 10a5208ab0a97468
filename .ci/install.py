"""Install what developers need into the environment whose Python runs this: by uv, which works on all cores; by pip where uv fails.

uv does not read pip's configuration, so it is told here where pip looks for packages. Both install what ``constraints.txt`` pins.
"""

from __future__ import annotations

import ast
import compileall
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
WHAT = ["--quiet", "--constraint", "constraints.txt", "--editable", ".[test,lint,docs]"]
NOT_COMPILED = r"/(tests|backrefs|bokeh|debugpy|fontTools|jedi|moto|mypy|mypyc|pip|pkg_resources|prompt_toolkit|setuptools|wcwidth)/"
"""Large folders of which little is imported, or nothing; what is imported of them is compiled then."""


def main() -> None:
    """Install, then compile on all cores, unlike pip. What cannot be compiled is no harm, as with pip."""
    if not _by_uv():
        subprocess.run([*PIP, "install", "--no-compile", *WHAT], check=True, cwd=ROOT)
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=0, rx=re.compile(NOT_COMPILED))


def _by_uv() -> bool:
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable]
    try:
        subprocess.run(
            [*PIP, "install", "--quiet", "--no-compile", "--constraint", "constraints.txt", "uv"], check=True, cwd=ROOT
        )
        subprocess.run([*uv, *WHAT], check=True, cwd=ROOT, env=_places_of_pip() | os.environ)
    except subprocess.CalledProcessError as error:
        print(f"uv could not ({error}); pip will, which takes longer", file=sys.stderr)
        return False
    return True


def _places_of_pip() -> dict[str, str]:
    """Return the variables of uv that say what pip is told by its files and by ``PIP_…``: indexes, all equal, and folders of wheels."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    told = {}
    for section in ("global", "install", ":env:"):  # the later ones rule
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(f"{section}."):
                told[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value)).split()
    variables = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
    }
    given = {
        variable: ("," if variable == "UV_FIND_LINKS" else " ").join(told[option])
        for option, variable in variables.items()
        if option in told
    }
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **given}


if __name__ == "__main__":
    main()
