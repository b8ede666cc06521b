"""Supply-chain disclosures: our workbook, other people's lists, and what is right or wrong in them."""
