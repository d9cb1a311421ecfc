"""The customer's own pages: no account, a link per job. The domain never imports this package."""
