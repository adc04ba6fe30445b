"""Companies to parcels: addresses, matching, sectors, several on one parcel, and codes in place of names."""
