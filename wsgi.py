"""The WSGI application for servers that want a file: `wsgi:app`."""

from agentsys.key_commands import app_with_its_keys

app = app_with_its_keys()
