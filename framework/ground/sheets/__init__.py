"""Reading any table safely: container check, streaming walk, caged reader, cells."""
