"""The HTTP API, version 1: JSON for programs, over the services of jobs. See docs/api.md."""
