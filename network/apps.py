from django.apps import AppConfig


class NetworkConfig(AppConfig):
    """Who is there, what they can do, where, and when they are free."""

    name = "network"
    label = "network"
    default_auto_field = "django.db.models.BigAutoField"
