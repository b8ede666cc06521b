"""The rules of a framework contract; knows nothing of the web."""
