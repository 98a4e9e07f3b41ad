"""The running process: everything opened and composed in one place, flows by schedule, a clean end."""
