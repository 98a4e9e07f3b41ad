"""The bulk ways of the simulated service: product exports, product uploads, and files by FTP."""
