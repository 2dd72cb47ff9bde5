"""Names of workers: one of this machine by a lock beside the database, or any number by chance."""
