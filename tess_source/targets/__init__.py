"""Targets and questions: parsing, lists in files, and records."""

from tess_source.targets.lists import read_targets as read_targets
from tess_source.targets.parse import parse_targets as parse_targets
from tess_source.targets.target import Query as Query
from tess_source.targets.target import Target as Target
