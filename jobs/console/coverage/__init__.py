"""Where the network is thin, and what would happen if somebody dropped out."""
