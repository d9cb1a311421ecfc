from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The life of a customer's job."""

    name = "jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
