from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The contractor's own pages."""

    name = "portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"
