"""Stock: what the account holds, and how it is told of changes."""
