"""Demand of many members from one workbook of the lead: read, shown, proposed as one unit; each member takes its own over."""
