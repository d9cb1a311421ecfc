from django.apps import AppConfig


class DispatchSiteConfig(AppConfig):
    """Settings, URLs, embedded servers, supervisor and health."""

    name = "dispatch_site"
    label = "dispatch_site"
    default_auto_field = "django.db.models.BigAutoField"
