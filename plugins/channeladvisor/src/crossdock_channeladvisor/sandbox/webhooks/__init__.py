"""Who is told of what happens to orders."""
