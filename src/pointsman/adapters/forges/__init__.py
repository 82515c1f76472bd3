"""Where a step reports to: GitHub, or nobody. Reporting is best effort and never changes a verdict."""
