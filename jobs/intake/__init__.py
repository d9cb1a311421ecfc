"""Takes jobs in from outside: CSV files of service requests, by a mapping that names columns."""
