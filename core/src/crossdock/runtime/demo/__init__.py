"""The main job on one machine: two simulated systems in processes of their own, and a pipeline between them."""
