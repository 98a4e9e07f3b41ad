"""What is the same for every entity set: questions, shapes, pages, batches, and what the service says of itself."""
