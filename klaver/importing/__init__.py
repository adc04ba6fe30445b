"""From maps and company lists to a park file: what ``klaver import`` and the dashboard's upload do.

A folder of files is read (``reading``, ``tables``, ``archives``), its columns are recognised (``columns``), its polygons are
laid on the grid of cells (``gridding``, ``ground``), its companies are brought to parcels (``matching``), and the whole is
put together as a park file (``assembling``) with a report of what was measured, mended, assumed and refused
(``check_report``). Whatever the files do not hold stays open in the park file: it is drawn anew for every seed.
"""
