"""Where releases are kept: SQLite for one machine, PostgreSQL for many. The same tables, the same promises."""
