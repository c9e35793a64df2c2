"""A report's pictures (reports/charts.py) as lines of a terminal, as small tables, and as SVG."""
