"""The WSGI application for servers that want a file: `wsgi:app`."""

from agentsys import create_app

app = create_app()
