"""What providers of e-mail and texts tell us: signed, and each event counted once."""
