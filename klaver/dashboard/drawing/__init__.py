"""The live pictures of the dashboard, as SVG: drawn in milliseconds, read by screen readers, with their table beside them."""
