"""The dispatcher's pages: over the domain, which never imports them."""
