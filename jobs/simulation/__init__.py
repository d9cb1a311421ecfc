"""Plays customers and contractors against a running stack, seeded, in a branch of its own."""
