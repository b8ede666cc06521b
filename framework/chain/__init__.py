"""What the opened sheets say becomes sites, products and links; suppliers are compared beside the pooled volume."""
