"""What lead and supplier do next about agreements."""

from __future__ import annotations
