"""Corrections, used at once: what is remembered of them, who may use it, and how near is near enough.

`keys` says when two inputs are the same, `pairs` what is remembered of one correction, `proof` what can be shown
without a person, `nearness` from where on a near input is of use, `glossary` which terms stand in a text,
`recollection` holds it all in memory, `bound` finds it again for one visitor, `exchange` reads and writes it as files.
"""
