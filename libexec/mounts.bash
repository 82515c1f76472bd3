# shellcheck shell=bash
# What the container sees of the machine: the same paths as outside, so that no path is translated.

mounts=() mounted=()

# job_container: the id of the Docker container this job itself runs in, if any. Only the files that
# Docker binds into every container tell: a host's table names the containers running on it, too.
job_container() {
    sed -nE 's#^[0-9]+ [0-9]+ [0-9:]+ [^ ]*/containers/([0-9a-f]{64})/[a-z.-]+ /etc/(hostname|hosts|resolv\.conf) .*#\1#p' \
        /proc/self/mountinfo | head -n 1
}

# covered <path>: it, or a directory above it, is mounted already.
covered() {
    local above
    for above in ${mounted[@]+"${mounted[@]}"}; do
        [[ $1 != "$above" && $1 != "${above%/}"/* ]] || return 0
    done
    return 1
}

# share <path> [readonly]: mounts it, or the target of a link in a directory that is mounted already.
# --mount, unlike -v, refuses a path the Docker server cannot see instead of creating an empty
# directory there. Its value is a line of CSV, so any path can be quoted.
share() {
    local path=$1 quoted
    [[ $path/ != */../* ]] || path=$(realpath -ms "$path")
    ! covered "$path" || path=$(readlink -f "$path") || return 0
    ! covered "$path" || return 0
    [[ -z $job ]] ||
        refuse "$path is not on a volume of the job's container" \
            'Write it below RUNNER_TEMP or the workspace, or use runner: python.' || return
    quoted=${path//\"/\"\"}
    mounted+=("$path")
    mounts+=(--mount "type=bind,\"source=$quoted\",\"target=$quoted\"${2:+,readonly}")
}

# writable_paths: the workspace, scratch space and where outputs and summary go.
writable_paths() {
    printf '%s\n' "$workspace"
    [[ ! -d ${RUNNER_TEMP:-} ]] || printf '%s\n' "$RUNNER_TEMP"
    local file
    for file in "${GITHUB_OUTPUT:-}" "${GITHUB_STEP_SUMMARY:-}"; do
        [[ -z $file ]] || dirname "$file"
    done
}

# readonly_paths: the event, kubeconfigs with the files they name, certificate bundles.
readonly_paths() {
    local file
    [[ ! -f ${GITHUB_EVENT_PATH:-} ]] || dirname "$GITHUB_EVENT_PATH"
    { kubeconfig_files && printf '%s\n' "${SSL_CERT_FILE:-}" "${REQUESTS_CA_BUNDLE:-}"; } |
        while IFS= read -r file; do
            # A projected token is a link that moves when the token is renewed: share its directory.
            if [[ -L $file && $(readlink "$file") == ..data/* ]]; then file=$(dirname "$file"); fi
            [[ ! -e $file ]] || printf '%s\n' "$file"
        done
}

# list_mounts: fills `mounts`. A job's container lends its own volumes, under the paths they have there.
list_mounts() {
    local path
    [[ -z $job ]] || lend_volumes || return
    while IFS= read -r path; do share "$path" || return; done < <(writable_paths)
    while IFS= read -r path; do share "$path" readonly || return; done < <(readonly_paths)
    covered /tmp || mounts+=(--tmpfs /tmp)
}

lend_volumes() {
    local path volumes
    volumes=$(docker inspect --format '{{range .Mounts}}{{println .Destination}}{{end}}' "$job" 2>/dev/null) ||
        refuse "the Docker server does not know the container of this job" 'Use runner: python.' || return
    mounts=(--volumes-from "$job")
    while IFS= read -r path; do
        [[ -z $path ]] || mounted+=("$path")
    done <<<"$volumes"
}
