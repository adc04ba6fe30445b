"""The behaviour: one file per phase of a quarter, each a loop over rules of one entity."""
