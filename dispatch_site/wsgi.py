"""The web application for WSGI servers; live updates fall back to polling there."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_site.settings")

application = get_wsgi_application()
