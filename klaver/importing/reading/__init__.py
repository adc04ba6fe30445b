"""Files of strangers to tables with our own columns, in one system of metres: ``files.read_folder``."""
