"""The staff's pages about contractors: who waits, who is there, how they do, what to change."""
