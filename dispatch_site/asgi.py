"""The web application. One process serves pages and event streams."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_site.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "16")

from django.core.asgi import get_asgi_application

from dispatch_site.bodies import bounded_bodies
from network.zip_index import nearest_zip

application = bounded_bodies(get_asgi_application())
# Reads and indexes the ZIP codes (about a second) now, not while the first visitor waits.
nearest_zip(42.36, -71.06)
