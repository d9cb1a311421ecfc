"""The operations, by who may call them."""
