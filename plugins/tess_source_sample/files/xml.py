"""Results of a data validation run as XML (DVR): every element and attribute of the real schema, made-up numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from tess_source_sample import facts
from tess_source_sample.files import dvt, model, spoc
from tess_source_sample.known import KNOWN, KnownStars

if TYPE_CHECKING:
    from tess_source.names import Name

NAMESPACE = "http://www.nasa.gov/2018/TESS/DV"
"""Of every element; the prefix is ``dv``."""

_LIMB = "claret_tess_nonlinear_limb_darkening_model"
_FITTED = ("transitEpochBtjd", "minImpactParameter", "orbitalPeriodDays")
_FITTED_RATIOS = ("ratioPlanetRadiusToStarRadius", "ratioSemiMajorAxisToStarRadius")
_STAMPS = (11, 9, 7, 5, 3, 1)
"""Sides of the pixel stamps in difference images: smaller ones where a small file is wanted."""


def report(name: Name, size: int | None, known: KnownStars = KNOWN) -> bytes:
    """Return the XML of a run, filled up with a comment at its end.

    Raises
    ------
    KeyError
        If the sample archive does not have that run.
    ValueError
        If the size asked for is too small; the message tells the least.
    """
    wanted = natural_size(name, known) if size is None else size
    least = 0
    for side in _STAMPS:
        content = _Report(dvt.run(name, known), side).text().encode()
        least = len(content)
        if least <= wanted:
            return content + _filler(wanted - least)
    raise ValueError(f"the report of TIC {name.tic} cannot have {wanted} bytes: it needs at least {least}")


def natural_size(name: Name, known: KnownStars = KNOWN) -> int:
    """Return the size in bytes where none is asked for: about that of a real report of so many TCEs and sectors."""
    of = dvt.run(name, known)
    return 4_000 + of.tces * (46_000 + 66_000 * len(of.sectors))


def _filler(size: int) -> bytes:
    frame = len(b"<!---->\n")
    return b"\n" * size if size < frame else b"<!--" + b" " * (size - frame) + b"-->\n"


class _Report:
    """Writes the elements in document order; numbers from one seed."""

    def __init__(self, of: facts.ValidationRun, side: int) -> None:
        self.run, self.side = of, side
        self.star, self.targets = of.star, dvt.targets(of)
        tois = [known[4:].partition(".")[0] for known in self.star.names if known.startswith("TOI-")]
        self.toi = tois[0] if tois else ""
        self.draw = Random(model.seed("report", of.tic, of.first, of.last, of.run))
        self.lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>']
        self.depth = 0

    def text(self) -> str:
        """Return the whole document."""
        of, last = self.run, self.targets[-1].sector
        begin = max(of.first_cadenceno, self.targets[0].sector.first_cadenceno)
        end = min(of.first_cadenceno + of.cadences, last.first_cadenceno + last.cadences) - 1
        root: dict[str, object] = {"startCadence": begin, "endCadence": end, "planetCandidateCount": of.tces}
        root |= {
            "pipelineTaskId": 100 * of.run,
            "ticId": of.tic,
            "sectorsObserved": dvt.sector_bits(of.sectors),
        }
        root |= {"simData": "true"}
        root |= {"toiId": self.toi} if self.toi else {}
        root |= {"xmlns:dv": NAMESPACE}
        found = list(enumerate(dvt.events(of), start=1))
        with self.node("dvTargetResults", **root):
            self._star_first()
            for n, event in found:
                if event.real and self.toi:
                    self.leaf("matchedToiId", f"{self.toi}.{n:02d}")
            for n, event in found:
                self._planet(n, event)
            self._star_last()
        return "\n".join(self.lines) + "\n"

    @contextmanager
    def node(self, tag: str, /, **attributes: object) -> Iterator[None]:
        """Open an element for what is written within."""
        self._line(f"<dv:{tag}{_attributes(attributes)}>")
        self.depth += 1
        yield
        self.depth -= 1
        self._line(f"</dv:{tag}>")

    def leaf(self, tag: str, content: str | None = None, /, **attributes: object) -> None:
        """Write an element without children."""
        head = f"dv:{tag}{_attributes(attributes)}"
        self._line(f"<{head}/>" if content is None else f"<{head}>{content}</dv:{tag}>")

    def value(self, tag: str, value: float, uncertainty: float = 0.0) -> None:
        """Write a quantity with its uncertainty."""
        self.leaf(tag, value=_number(value), uncertainty=_number(uncertainty))

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _parameter(self, tag: str, value: float | None, fallback: float) -> None:
        source, number = ("Solar", fallback) if value is None else ("TIC8.2", value)
        self.leaf(tag, provenance=source, value=number, uncertainty=0.0)

    def _star_first(self) -> None:
        star = self.star
        self._parameter("decDegrees", star.dec, 0.0)
        self._parameter("effectiveTemp", star.teff, 5778.0)
        coefficients = {
            "coefficient1": 0.4709,
            "coefficient2": 0.3099,
            "coefficient3": -0.1489,
            "coefficient4": -0.0044,
        }
        self.leaf("limbDarkeningModel", modelName=_LIMB, **coefficients)
        self._parameter("log10Metallicity", star.mh, 0.0)
        self._parameter("log10SurfaceGravity", star.logg, 4.438)

    def _star_last(self) -> None:
        star = self.star
        self._parameter("pmDec", star.pmdec, 0.0)
        self._parameter("pmRa", star.pmra, 0.0)
        self._parameter("raDegrees", star.ra, 0.0)
        self._parameter("radius", star.radius, 1.0)
        self._parameter("stellarDensity", None, 1.0)
        self._parameter("tessMag", star.tmag, 0.0)

    def _planet(self, n: int, event: dvt.SimulatedTCE) -> None:
        begin = self.targets[0].barycentric(self.targets[0].spacecraft_time(0))
        fit = dvt.event_values(self.run, event, begin)
        detrend = int(float(str(fit["detrend"])) * 30 / self.run.step)
        matched = {"toiId": f"{self.toi}.{n:02d}", "toiCorrelation": 0.99} if event.real and self.toi else {}
        with self.node("planetResults", detrendFilterLength=detrend, planetNumber=n, **matched):
            self._fit("allTransitsFit", n, event, "ALL")
            self._discrimination(event)
            self._centroids()
            for target in self.targets:
                self._difference_image(target, event)
            self._fit("evenTransitsFit", n, event, "EVEN")
            with self.node("ghostDiagnosticResults"):
                self.leaf("coreApertureCorrelationStatistic", value=_number(event.mes * 0.8), significance=1.0)
                self.leaf("haloApertureCorrelationStatistic", value=_number(event.mes * 0.1), significance=0.97)
            self._fit("oddTransitsFit", n, event, "ODD")
            self._candidate(n, event)
            with self.node("reducedParameterFits"):
                for impact in (0.1, 0.3, 0.5, 0.7, 0.9):
                    self._fit("reducedParameterFit", n, event, "REDUCED_PARAMETER", impact)
            self._secondary()
            self._fit("trapezoidalFit", n, event, "TRAPEZOIDAL")

    def _fit(self, tag: str, n: int, event: dvt.SimulatedTCE, kind: str, impact: float | None = None) -> None:
        shape = kind == "TRAPEZOIDAL"
        freedom = 18000.0 * len(self.targets) / self.run.step
        quality = {
            "modelChiSquare": _number(freedom * self.draw.uniform(0.9, 1.1)),
            "modelDegreesOfFreedom": freedom,
        }
        quality |= {"modelFitSnr": _number(event.mes * 1.1), "planetNumber": n}
        models = "trapezoidal_model" if shape else "mandel-agol_geometric_transit_model"
        head = {"type": kind, "fullConvergence": "true", "limbDarkeningModelName": "" if shape else _LIMB}
        with self.node(tag, **head, **quality, transitModelName=models):
            self.leaf("modelParameterCovariance", "" if shape else _covariance(event))
            with self.node("modelParameters"):
                self._parameters(event, kind, impact)

    def _parameters(self, event: dvt.SimulatedTCE, kind: str, impact: float | None) -> None:
        begin = self.targets[0].barycentric(self.targets[0].spacecraft_time(0))
        fit = {key: float(str(value)) for key, value in dvt.event_values(self.run, event, begin).items()}
        radius, temperature = self.star.radius or 1.0, self.star.teff or 5778.0
        axis = fit["distance"] * radius * 0.00465047
        late = fit["period"] if kind == "EVEN" else 0.0
        flux = (radius / axis) ** 2 * (temperature / 5778.0) ** 4
        values = {
            "transitEpochBtjd": fit["epoch"] + late,
            "eccentricity": 0.0,
            "longitudeOfPeriDegrees": 0.0,
            "planetRadiusEarthRadii": fit["planet_radius"],
            "semiMajorAxisAu": axis,
            "minImpactParameter": fit["impact"] if impact is None else impact,
            "starRadiusSolarRadii": radius,
            "transitDurationHours": fit["duration"],
            "transitIngressTimeHours": fit["ingress"],
            "transitDepthPpm": fit["depth"],
            "orbitalPeriodDays": fit["period"],
            "ratioPlanetRadiusToStarRadius": fit["radius_ratio"],
            "ratioSemiMajorAxisToStarRadius": fit["distance"],
            "inclinationDegrees": fit["inclination"],
            "equilibriumTempKelvin": 255.0 * flux**0.25,
            "effectiveStellarFlux": flux,
            "starDensitySolarDensity": (fit["distance"] / 215.0) ** 3 * (365.25 / fit["period"]) ** 2,
        }
        fitted = {
            "TRAPEZOIDAL": (
                "transitEpochBtjd",
                "transitDurationHours",
                "transitIngressTimeHours",
                "transitDepthPpm",
            )
        }
        free = fitted.get(kind, _FITTED + _FITTED_RATIOS)
        for name, value in values.items():
            own = name in free and not (impact is not None and name == "minImpactParameter")
            error = -1.0 if kind == "TRAPEZOIDAL" else abs(value) / event.mes / (1e4 if "Days" in name else 10)
            error = 1e-3 if name == "transitEpochBtjd" and error > 0 else error
            self.leaf(
                "modelParameter",
                fitted=str(own).lower(),
                name=name,
                uncertainty=_number(error),
                value=repr(value),
            )

    def _discrimination(self, event: dvt.SimulatedTCE) -> None:
        none = {"planetNumber": 0, "value": 0.0, "significance": -1.0}
        with self.node("binaryDiscriminationResults"):
            self.leaf("longerPeriodComparisonStatistic", **none)
            chance = self.draw.random()
            self.leaf(
                "oddEvenTransitDepthComparisonStatistic",
                value=_number(1 - chance),
                significance=_number(chance),
            )
            self.leaf("shorterPeriodComparisonStatistic", **none)
        bootstrap = {"bootstrapThresholdForDesiredPfa": 7.1, "mesMean": -0.07, "mesStd": 1.01}
        chance = math.exp(-0.5 * min(event.mes, 35.0) ** 2)
        with (
            self.node(
                "bootstrapResults",
                **bootstrap,
                significance=_number(chance),
                transitCount=float(event.transits),
            ),
            self.node("histogram"),
        ):
            bins = [-42.0 + 0.1 * n for n in range(839)]
            self.leaf("statistics", " ".join(f"{value:.6g}" for value in bins))
            self.leaf("probabilities", " ".join(f"{math.exp(-value * value / 2) / 25:.4G}" for value in bins))

    def _centroids(self) -> None:
        with self.node("centroidResults"), self.node("differenceImageMotionResults"):
            for tag in ("msTicCentroidOffsets", "msControlCentroidOffsets"):
                with self.node(tag):
                    for axis in ("Ra", "Dec", "Sky"):
                        self.value(f"mean{axis}Offset", self.draw.gauss(0, 1.5), 2.55)
            many = len(self.targets)
            counts = {"numberOfAttempts": many, "numberOfMetrics": many, "numberOfGoodMetrics": many}
            self.leaf("summaryQualityMetric", qualityThreshold=0.7, **counts, fractionOfGoodMetrics=1.0)
            self.leaf(
                "summaryOverlapMetric",
                imageCount=many,
                imageCountNoOverlap=many,
                imageCountFractionNoOverlap=1.0,
            )

    def _difference_image(self, target: model.SimulatedTarget, event: dvt.SimulatedTCE) -> None:
        entry = target.sector
        transits = max(1, event.transits // len(self.targets))
        inside = round(transits * event.planet.duration * 30)
        head: dict[str, object] = {"numberOfCadenceGapsInTransit": 0, "numberOfCadenceGapsOutOfTransit": 0}
        head |= {"numberOfCadencesInTransit": inside, "numberOfCadencesOutOfTransit": 3 * inside}
        head |= {"numberOfTransits": transits, "overlappedTransits": "false"}
        head |= {"endCadence": entry.first_cadenceno + entry.cadences - 1, "sector": entry.sector}
        head |= {"startCadence": entry.first_cadenceno, "targetTableId": spoc.pxtable(entry.sector)}
        column, row = target.corner
        with self.node("differenceImageResults", **head):
            self.leaf("ccd", ccdNumber=target.ccd, cameraNumber=target.camera)
            self._offsets("controlCentroidOffsets")
            self._place("controlImageCentroid", row + 5.0, column + 5.0, 1e-4)
            self._place("differenceImageCentroid", row + 5.0, column + 5.0, 0.03)
            self._pixels(target, event)
            self.leaf("qualityMetric", attempted="true", valid="true", value=_number(self.draw.uniform(0.8, 1.0)))
            self._offsets("ticCentroidOffsets")
            self._place("ticReferenceCentroid", row + 5.0, column + 5.0, 0.0)

    def _pixels(self, target: model.SimulatedTarget, event: dvt.SimulatedTCE) -> None:
        column, row = target.corner
        noise = target.sap_error / 30
        for y in range(self.side):
            for x in range(self.side):
                away = (x - self.side / 2 + 0.5) ** 2 + (y - self.side / 2 + 0.5) ** 2
                flux = target.flux * math.exp(-away / 1.1) / 3.5 + target.background
                lost = flux * event.planet.depth * 1e-6 + self.draw.gauss(0, noise)
                with self.node("differenceImagePixelData", ccdRow=row + y, ccdColumn=column + x):
                    self.value("meanFluxInTransit", flux - lost, noise)
                    self.value("meanFluxOutOfTransit", flux, noise / 2)
                    self.value("meanFluxDifference", lost, noise * 1.12)
                    self.value("meanFluxForTargetTable", flux, noise / 4)

    def _offsets(self, tag: str) -> None:
        with self.node(tag):
            for axis in ("row", "column", "focalPlane", "ra", "dec", "sky"):
                self.value(f"{axis}Offset", self.draw.gauss(0, 0.1), 0.03)

    def _place(self, tag: str, row: float, column: float, error: float) -> None:
        with self.node(tag):
            self.value("row", row, error)
            self.value("column", column, error)
            self.value("raDegrees", self.star.ra, error / 200)
            self.value("decDegrees", self.star.dec, error / 200)

    def _candidate(self, n: int, event: dvt.SimulatedTCE) -> None:
        planet, count = event.planet, event.transits
        begin = self.targets[0].barycentric(self.targets[0].spacecraft_time(0))
        head: dict[str, object] = {
            "expectedTransitCount": count,
            "modelChiSquare2": 8.0,
            "modelChiSquareDof2": 8,
        }
        head |= {"modelChiSquareGof": 500.0, "modelChiSquareGofDof": 777, "observedTransitCount": count}
        head |= {
            "planetNumber": n,
            "suspectedEclipsingBinary": "false",
            "chiSquare2": 11.0,
            "chiSquareDof2": 42.0,
        }
        head |= {
            "chiSquareGof": 425.0,
            "chiSquareGofDof": 479.0,
            "epochTjd": repr(dvt.first_epoch(planet, begin)),
        }
        head |= {
            "maxMultipleEventSigma": _number(event.mes),
            "maxSesInMes": _number(event.mes / math.sqrt(count)),
        }
        head |= {"maxSingleEventSigma": _number(event.ses)}
        head |= {"orbitalPeriodInDays": repr(planet.period), "robustStatistic": _number(event.mes * 1.05)}
        head |= {
            "thresholdForDesiredPfa": -1.0,
            "trialTransitPulseDurationInHours": round(2 * planet.duration) / 2,
        }
        weak = {
            "maxMes": 2.5,
            "maxMesPhaseInDays": _number(planet.period / 3),
            "minMes": -2.9,
            "mesMad": 0.77,
        }
        weak |= {"minMesPhaseInDays": _number(-planet.period / 9), "medianMes": -0.1, "nValidPhases": 1798}
        with self.node("planetCandidate", **head), self.node("weakSecondary", **weak, robustStatistic=2.4):
            self.value("depthPpm", planet.depth / event.mes, planet.depth / event.mes / 2.5)

    def _secondary(self) -> None:
        with self.node("secondaryEventResults"):
            with self.node("comparisonTests"):
                self.leaf("albedoComparisonStatistic", value=2.1, significance=0.016)
                self.leaf("tempComparisonStatistic", value=6.0, significance=8.2e-10)
            with self.node("planetParameters"):
                self.value("geometricAlbedo", 0.4, 0.3)
                self.value("planetEffectiveTemp", 1900.0, 400.0)


def _covariance(event: dvt.SimulatedTCE) -> str:
    """Return the covariance of 17 parameters, row by row: 289 numbers, of which few are not zero."""
    diagonal = {0: 1e-6, 10: 1e-9, 11: 1e-6, 12: 0.1 / event.mes}
    return " ".join(_number(diagonal.get(n // 17, 0.0) if n // 17 == n % 17 else 0.0) for n in range(289))


def _attributes(attributes: dict[str, object]) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes.items())


def _number(value: float) -> str:
    """Return a number with eight digits, as Java's float does in the real files."""
    text = f"{value:.8G}"
    return text if "E" in text or "." in text else f"{text}.0"
