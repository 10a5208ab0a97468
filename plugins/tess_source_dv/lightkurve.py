"""Import this, and lightkurve opens DV time series: ``import tess_source_dv.lightkurve``, then ``lightkurve.read("…_dvt.fits")``.

The one module of tess-source that changes anything by being imported; nothing else imports it. See `tess_source_dv.read.into_lightkurve`.
"""

from __future__ import annotations

from tess_source_dv.read.into_lightkurve import register, unregister

__all__ = ["register", "unregister"]

register()
