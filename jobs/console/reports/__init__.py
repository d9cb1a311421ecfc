"""Reports: how dispatch went in a period, each number with the list it was counted from."""
