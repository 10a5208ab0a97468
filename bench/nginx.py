"""Files served by nginx, where it is installed: a server that costs the client no time of the two cores, as far as that goes."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["can_serve", "serving"]

MODULES = Path("/usr/lib/nginx/modules")
"""Where Debian's packages put modules; nginx itself can only wait with the help of lua (``libnginx-mod-http-lua``)."""
NEEDED = ("ndk_http_module.so", "ngx_http_lua_module.so")

CONFIG = """
{modules}
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/client; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        rewrite "^/(.+)-[0-9]+[.]fits$" /$1.fits;
        location / {{ {wait} }}
    }}
}}
"""


def can_serve(latency: float) -> bool:
    """Tell whether nginx is installed, with what it needs to be late."""
    return shutil.which("nginx") is not None and (not latency or all((MODULES / name).is_file() for name in NEEDED))


@contextlib.contextmanager
def serving(bodies: Mapping[str, bytes], latency: float = 0.0) -> Iterator[str]:
    """Serve ``/NAME-NUMBER.fits`` for each NAME, and give the address.

    Parameters
    ----------
    bodies : mapping
        Name → bytes that are served under it, whatever the number.
    latency : float
        Seconds before the first byte of every answer.
    """
    with tempfile.TemporaryDirectory(prefix="tess-source-nginx-") as name:
        folder, port = Path(name), _free_port()
        folder.chmod(0o755)  # its workers may run as somebody else
        (folder / "files").mkdir()
        for body, data in bodies.items():
            (folder / "files" / f"{body}.fits").write_bytes(data)
        modules = "".join(f"load_module {MODULES / module};\n" for module in NEEDED) if latency else ""
        wait = f"access_by_lua_block {{ ngx.sleep({latency}) }}" if latency else ""
        (folder / "conf").write_text(CONFIG.format(modules=modules, folder=folder, port=port, wait=wait))
        process = subprocess.Popen(["nginx", "-c", folder / "conf"], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise OSError(f"nginx does not start (status {process.returncode})")
