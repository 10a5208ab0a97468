"""What may be wrong with an installation: versions, plugins, cache folder, settings, proxies, and the services that are asked."""

from tess_source.doctor.checkup import checkup as checkup
from tess_source.doctor.finding import PROBLEM as PROBLEM
from tess_source.doctor.finding import Finding as Finding
