"""Everything that is kept of a visitor, for them to take along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from core.store.db import Database
from core.store.erasure import belongs, tables

# What was said by the visitor or of it; what is left out is counted or worked out from this, or is a member's word.
TOLD = (
    "visitors",
    "consents",
    "interactions",
    "ratings",
    "corrections",
    "correction_steps",
    "hand_offs",
    "surveys",
    "memory",
    "dataset_items",
)
# Numbers for machines, and keys that texts are compared by.
LEFT_OUT = ("vector", "encoder", "key", "input_key", "output_key", "stamp")


def everything(database: Database, visitor_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the visitor's rows by table, ready for JSON, empty ones left out; raises StoreError."""
    found = {table.name: table for table in tables()}
    with database.reading("gathering your data") as session:
        kept = {
            name: [_plain(row) for row in session.execute(_chosen(found[name], visitor_id)).mappings()] for name in TOLD
        }
    return {name: rows for name, rows in kept.items() if rows}


def _chosen(table: Table, visitor_id: str) -> Any:
    columns = [column for column in table.columns if column.name not in LEFT_OUT]
    return select(*columns).where(belongs(table, visitor_id)).order_by(*table.primary_key.columns)


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
