"""Sources of evidence for `readiness-check`; each of them only reads."""
