"""Uses of a saved plan, the lock: checks of folders, comparisons, repeated searches, scripts and citations."""

from tess_source.lock.check import Verified as Verified
from tess_source.lock.check import verify_lock as verify_lock
from tess_source.lock.citation import cite as cite
from tess_source.lock.compare import Changes as Changes
from tess_source.lock.compare import diff as diff
from tess_source.lock.compare import unsummed as unsummed
from tess_source.lock.listed import verify_copied as verify_copied
from tess_source.lock.listed import verify_folder as verify_folder
from tess_source.lock.refresh import ask_again as ask_again
from tess_source.lock.refresh import made_elsewhere as made_elsewhere
from tess_source.lock.refresh import refresh as refresh
from tess_source.lock.scripts import script as script
