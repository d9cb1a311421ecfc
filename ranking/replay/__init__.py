"""Replay: the decisions of the past under another policy. One step, no simulation.

It changes who would have been asked first. What that contractor would have answered, or done, was
never seen; figures about it are estimates from the contractor's own record at the time.
"""
