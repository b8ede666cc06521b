"""Several members judge what suppliers disclose: blind first, then together."""
