"""The sample company's history: invented people who use Hearback for twelve weeks, made anew from a seed.

Nothing here touches a database: `history.build` returns plain rows by table, and `core.store.samples` writes them.
"""
