"""Guards that outlive a run."""
