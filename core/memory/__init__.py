"""Corrections, used at once: what is remembered of them, who may use it, and how near is near enough.

`keys` says when two inputs are the same, `pairs` what is remembered of one correction, `proof` what can be shown
without a person, `recollection` finds it again, `exchange` reads and writes it as files.
"""
