"""The narrow way to the Kubernetes API that every Kubernetes adapter shares."""
