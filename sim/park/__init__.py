"""Space: the cell lattice, parcels that split and merge, and how a park comes into being."""
