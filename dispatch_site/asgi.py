"""The web application. One process serves pages and event streams."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_site.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "16")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
