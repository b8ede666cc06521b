"""Mark sentences for translation where they stand, without translating them here."""


def N_(message: str) -> str:
    """Return `message` unchanged; the extractor finds it, `views.i18n` translates it."""
    return message
