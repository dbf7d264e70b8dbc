"""Components that live in the browser: one folder each, Python beside its JavaScript."""
