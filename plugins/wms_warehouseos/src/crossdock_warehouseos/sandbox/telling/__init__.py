"""What a simulated tenant tells its host: queued, or pushed to a URL."""
