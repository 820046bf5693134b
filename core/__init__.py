"""Hearback's core: everything that works without a page.

It promises four tasks on a visitor's own text (support, translation, summarization, sentiment), each answered
with its sources or its doubts; a record of every use; and a path from a correction back into the next answer.
`core.desk` is the door for visitors, `core.office` the one for founders, `python -m core` the one for scripts.

Importing this package loads nothing: no torch, no database, no weights.
"""
