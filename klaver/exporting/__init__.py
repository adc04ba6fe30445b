"""A park, or a result, as a GeoPackage that QGIS opens: what ``klaver export`` writes for maps.

``geopackage`` writes the file, ``park_layers`` says what a park has in it, ``outcome_layers`` what became of it year by year.
A park that was exported comes back the same through ``klaver import``.
"""
