# shellcheck shell=bash
# runner: python. A virtual environment per version, lock and interpreter, made once and then shared.

python='' venv=''

# prepare_python: a finished environment in `venv`.
prepare_python() {
    local lock=$here/requirements.lock key place
    # The local platform brings a proxy of its own, which only it needs.
    [[ ${POINTSMAN_PLATFORM:-} != local ]] || lock=$root/requirements-local.lock
    find_python
    key=$(environment_key "$lock") || fail 3 "$lock cannot be read."
    place=$(environments) || fail 3 'no directory for a virtual environment can be made. Set RUNNER_TEMP.'
    venv=$place/$key
    [[ -x $venv/bin/python ]] || make_environment "$lock"
}

# find_python: the interpreter in `python`. One that was asked for is never replaced by another.
find_python() {
    local candidates=(python3.14 python3.13 python3.12 python3.11 python3)
    [[ -z ${POINTSMAN_PYTHON:-} ]] || candidates=("$POINTSMAN_PYTHON")
    for python in "${candidates[@]}"; do
        ! "$python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || return 0
    done
    fail 2 "Python 3.11 or newer is needed, and ${candidates[*]} is not. Put actions/setup-python before this step, or set POINTSMAN_PYTHON."
}

# environment_key <lock>: another version, lock or interpreter is another environment.
environment_key() {
    "$python" -I -S -c 'if True:
        import hashlib, os, platform, sys
        interpreter = f"{os.path.realpath(sys.executable)} {sys.version} {platform.machine()}"
        with open(sys.argv[1], "rb") as lock:
            digest = hashlib.sha256(lock.read() + interpreter.encode()).hexdigest()
        print(f"{sys.argv[2]}-{digest[:16]}")' "$1" "$(source_version)"
}

# environments: the first of the usual places that can be written; a tool cache often cannot.
environments() {
    local place
    for place in "${RUNNER_TOOL_CACHE:-}" "${RUNNER_TEMP:-}" "${HOME:+$HOME/.cache}"; do
        if [[ -n $place ]] && mkdir -p "$place/pointsman" 2>/dev/null && [[ -w $place/pointsman ]]; then
            printf '%s/pointsman' "$place"
            return 0
        fi
    done
    return 1
}

# make_environment <lock>: built beside its place and renamed, so that a half-made one is never found
# under the final name; where two jobs build at once, the first to finish wins and the other uses that.
make_environment() {
    "$python" -I -c 'import ensurepip, venv' 2>/dev/null ||
        fail 2 "$python cannot make virtual environments. Install python3-venv, or put actions/setup-python before this step."
    say "making $venv"
    building=$(mktemp -d "$(dirname "$venv")/new.XXXXXX") || fail 3 "$venv cannot be made. Is the disk full?"
    attend "$python" -I -m venv "$building" >&2 || fail 3 "$python -m venv failed; its message is above."
    attend "$building/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --only-binary :all: --requirement "$1" >&2 ||
        fail 3 'the locked packages cannot be installed; the message of pip is above. Is the package index reachable?'
    "$python" -I -c 'import os, sys; os.rename(*sys.argv[1:])' "$building" "$venv" 2>/dev/null ||
        [[ -x $venv/bin/python ]] || fail 3 "$venv cannot be put in its place."
    rm -rf "$building"
    building=''
}

# exec_python <subcommand…>: the package is the one of this checkout; -P keeps the present directory,
# which is the consumer's repository, out of the module search.
exec_python() {
    export PYTHONPATH="$root/src" PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1
    unset PYTHONHOME POINTSMAN_LIFELINE
    exec "$venv/bin/python" -P -m pointsman "$@"
}
