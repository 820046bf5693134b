"""The database: tables, migrations, writes (`record`) and reads (`queries`). Rows never leave this package."""
