"""From maps and company lists to a park file: what ``klaver import`` and the dashboard's upload do.

A folder of files is read and its columns recognised (``reading``), its polygons are laid on the grid of cells (``grid``), its
companies are brought to parcels (``companies``), and the whole is put together as a park file (``premises``, ``assembling``)
with a report of what was measured, mended, assumed and refused (``report``). ``importer`` has the stages in order. Whatever
the files do not hold stays open in the park file: it is drawn anew for every seed.
"""
