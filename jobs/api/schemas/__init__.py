"""What goes over the wire: requests (``*In``) are strict, answers (``*Out``) are complete."""
