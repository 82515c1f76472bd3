"""The local platform: versions are processes behind a real Envoy, and a folder is its API server.

`layout` names the files, `service` reads what the user wrote, `state` is what we write, `supervisor` keeps
the processes of one version as wanted (what a kubelet is to a node), `envoy` is the proxy's configuration
as pure functions, `proxy` runs and asks it, `platform` brings all of it up and down.
"""
