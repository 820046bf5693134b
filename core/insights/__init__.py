"""Numbers with their n and interval; no drawing, no database."""
