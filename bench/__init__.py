"""tess-source beside astroquery and lightkurve, on the sample archive: ``python -m bench`` from the project's root.

What is measured and how it is kept fair is described in ``docs/benchmarks.md``.
"""
