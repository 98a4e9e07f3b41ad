"""Products: read from the account, and put to it singly, in batches or by file."""
