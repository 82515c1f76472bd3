# The image of `runner: container`, of the GitLab templates and of the dead-man switch.
#
# Wheels that lie in dist/wheels/ are used and nothing is fetched; otherwise pip fetches what the lock
# names, with the PIP_* arguments (of the build stage only, so the image doesn't hold them).
# A release gives BASE by digest: --build-arg BASE=python:3.13-slim@sha256:…
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG PIP_CERT
WORKDIR /build
# The lock stands first so that the pattern of the wheels may match nothing.
COPY libexec/requirements.lock dist/wheels/*.whl /build/
# pip stays behind: the environment that is copied into the image is made without one.
RUN python3 -m venv /build/tools \
 && python3 -m venv --without-pip /opt/pointsman \
 && if ls /build/*.whl >/dev/null 2>&1; then set -- --no-index --find-links /build; fi \
 && /build/tools/bin/python -m pip --python /opt/pointsman/bin/python install --no-cache-dir --no-compile \
      --disable-pip-version-check --require-hashes --no-deps --only-binary :all: "$@" -r requirements.lock
COPY src/pointsman /build/pointsman
# Bytecode is worth its size: the file system is read-only, so Python could never keep what it compiles,
# and would compile the Kubernetes client anew in each step. It is unchecked, as nothing can change.
RUN packages=$(/opt/pointsman/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && cp -r /build/pointsman "$packages/pointsman" \
 && find "$packages" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
 && rm -f /opt/pointsman/bin/[Aa]ctivate* \
 && /opt/pointsman/bin/python -m compileall -q --invalidation-mode unchecked-hash "$packages" \
 && printf '#!/opt/pointsman/bin/python -P\nimport sys\n\nfrom pointsman.entry.cli import main\n\nsys.exit(main())\n' \
      > /opt/pointsman/bin/pointsman \
 && chmod 755 /opt/pointsman/bin/pointsman

FROM ${BASE}
ARG BASE
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Pointsman" \
      org.opencontainers.image.description="Moves production traffic onto a new version, and back, from a pipeline." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/pointsman /opt/pointsman
ENV PATH=/opt/pointsman/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["/opt/pointsman/bin/python", "-P", "-m", "pointsman"]
