"""The history of the tables, oldest first; a released migration never changes."""
