"""The parts of a release that are worth a test: `python -m release check|size|sbom|lock`.

.github/workflows/release.yml publishes with them and `make release-dry-run` rehearses with them. Only the standard
library is used, so that a job that may publish needs to install nothing. docs/releasing.md says how they come together.
"""
