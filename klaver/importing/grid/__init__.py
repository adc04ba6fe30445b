"""Polygons to cells: ``gridding.lay_on_grid``."""
