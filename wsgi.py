"""The application, for a server."""

from views import create_app

app = create_app()
