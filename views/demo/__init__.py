"""The demonstration: an invented consortium, its rounds and its workbooks; `flask demo` loads and serves it."""
