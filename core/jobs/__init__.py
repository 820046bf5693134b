"""Work that outlives the click that asked for it, and who is let in when many come at once.

A page starts a job and keeps only its id; the work runs in a thread of its own, is looked at as often as one likes,
and ends by itself whatever the page does meanwhile. Jobs live in memory: what must last is written down by the
caller's `at_end` before the job shows as ended.

    board.py     starts, runs, shows and ends jobs
    job.py       one job, and how it shows
    line.py      who waits, whose turn it is, and how long that will take
    pace.py      how long a job takes, learned from those that ended
    presence.py  whether anybody is still there to read the answer
    bounds.py    every number, with its reason
"""

from core.jobs.board import JobBoard
from core.jobs.bounds import VISITORS
from core.jobs.job import Job, JobView
from core.jobs.pace import Load, load_of
from core.jobs.presence import Presence

__all__ = ["VISITORS", "Job", "JobBoard", "JobView", "Load", "Presence", "load_of"]
