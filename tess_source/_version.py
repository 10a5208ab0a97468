"""The version, and the user agent that is sent to servers."""

from __future__ import annotations

__all__ = ["USER_AGENT", "__version__"]

__version__ = "0.1.0"
USER_AGENT = f"tess-source/{__version__}"
"""Sent with every request."""
