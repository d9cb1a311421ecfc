from django.apps import AppConfig


class RankingConfig(AppConfig):
    """In which order contractors are asked, and why."""

    name = "ranking"
    label = "ranking"
    default_auto_field = "django.db.models.BigAutoField"
