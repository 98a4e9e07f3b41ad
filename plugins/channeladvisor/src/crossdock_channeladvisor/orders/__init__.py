"""Orders: listed, read, marked as ours, and what the account is checked for."""
