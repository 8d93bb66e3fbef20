"""The facts of all units, merged into one database that everything downstream reads."""
