"""Places and the stock ledger of a simulated tenant."""
