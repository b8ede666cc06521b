"""What the pooled volume weighs at a site, a brand, a country: who stands behind it, and what is lost without a member."""
