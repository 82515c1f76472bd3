# shellcheck shell=bash
# runner: container. Each check gives its reason and its advice; the last one is `docker create`.

workspace='' job='' image='' server='' user=() run=()

# prepare_container <subcommand…>: arguments that `docker run` will accept in `run`; or a refusal.
prepare_container() {
    workspace=${GITHUB_WORKSPACE:-$PWD}
    suitable_machine && suitable_kubeconfig && pinned_image && reachable_server && suitable_server &&
        image_present && list_mounts || return
    choose_user
    chosen container "a Docker server answers; image $image"
    list_arguments "$@"
    acceptable_arguments
}

suitable_machine() {
    [[ $(uname -s) == Linux ]] ||
        refuse "the image is for Linux and this is $(uname -s)" 'Use runner: python.' || return
    [[ ${POINTSMAN_PLATFORM:-} != local ]] ||
        refuse 'platform: local runs versions as processes of this machine' 'Use runner: python.' || return
    job=$(job_container)
}

suitable_kubeconfig() {
    local file
    ! file=$(exec_kubeconfig) ||
        refuse "$file logs in with a program (exec or auth-provider), which the image does not have" \
            'Use runner: python, or a kubeconfig with a token.' || return
    [[ $mode == container || -n $(kubeconfigs) || -z ${KUBERNETES_SERVICE_HOST:-} ]] ||
        refuse "the job uses the service account of its pod" 'Use runner: python, or give a kubeconfig.'
}

# pinned_image: what can be refused before Docker is asked.
pinned_image() {
    image=${POINTSMAN_RUNNER_IMAGE:-}
    if [[ -n $image ]]; then
        [[ $image == localhost/* || $image =~ @sha256:[0-9a-f]{64}$ ]] ||
            fail 2 "runner-image: $image is not pinned. Give it as name@sha256:digest."
    elif [[ $(locked version) != "$(source_version)" ]] || ! grep -q '^digest\.[^=]*=sha256:' "$here/image.lock"; then
        refuse "version $(source_version) has no released image" \
            'Use a release, give runner-image, or use runner: python.'
    fi
}

locked() { sed -n "s/^$1=//p" "$here/image.lock"; }

# reachable_server: a client alone proves nothing; hosted Kubernetes runners have one and no server.
reachable_server() {
    command -v docker >/dev/null ||
        refuse 'there is no docker command' 'Install Docker, or use runner: python.' || return
    server=$(timeout 5 docker version --format '{{.Server.Os}}-{{.Server.Arch}}' 2>/dev/null) || server=''
    [[ -n $server ]] ||
        refuse 'no Docker server answers within 5 s' 'Start one, correct DOCKER_HOST, or use runner: python.'
}

suitable_server() {
    local digest
    [[ $mode == container || ${DOCKER_HOST:-unix:} == unix:* ]] ||
        refuse "the Docker server may be another machine ($DOCKER_HOST)" \
            'Use runner: container if it sees the same files.' || return
    [[ -z $image ]] || return 0
    digest=$(locked "digest.$server")
    image=$(locked repository)@$digest
    [[ $digest == sha256:* ]] || refuse "there is no image for $server" 'Use runner: python.'
}

image_present() {
    ! docker image inspect "$image" >/dev/null 2>&1 || return 0
    [[ $image != localhost/* ]] ||
        refuse "there is no local image $image" 'Build it from the Dockerfile first.' || return
    say "pulling $image"
    attend docker pull --quiet "$image" >&2 ||
        refuse "$image cannot be pulled" 'See the line above; the registry may want a login.' 3
}

# list_arguments <subcommand…>: fills `run`.
list_arguments() {
    local name default_network=host
    # The services of a job are known by name in the network of its container only.
    [[ -z $job ]] || default_network=container:$job
    run=(--rm --interactive --init --read-only --cap-drop ALL --security-opt no-new-privileges)
    run+=(--network "${POINTSMAN_NETWORK:-$default_network}" --workdir "$(directory)" --env HOME=/tmp)
    export POINTSMAN_LIFELINE=stdin
    while IFS= read -r name; do run+=(--env "$name"); done < <(passed_variables)
    run+=("${user[@]}" "${mounts[@]}" "$image" "$@")
}

# acceptable_arguments: proves that the server sees every path and has the network, while another mode
# can still be chosen. The container of the proof is not started: `docker start` of a client that gets
# a signal reports success, whatever the container does; only `docker run` waits for it.
acceptable_arguments() {
    local said
    said=$(docker create "${run[@]}" 2>&1) ||
        refuse "Docker refuses the container: ${said%%$'\n'*}" 'Correct that, or use runner: python.' || return
    container=${said##*$'\n'}
    docker rm --force "$container" >/dev/null 2>&1
    container=''
}

# directory: the present one where the container has it, so that relative paths mean the same.
directory() {
    if [[ $PWD/ == "${workspace%/}"/* ]]; then printf '%s' "$PWD"; else printf '%s' "$workspace"; fi
}

# passed_variables: by name only, so that no value is ever on a command line. Of GitLab's and Jenkins' only those that
# say where a job runs: CI_JOB_TOKEN and the passwords among them are nothing that Pointsman needs.
passed_variables() {
    local github='GITHUB_.*|RUNNER_.*|ACTIONS_ID_TOKEN_.*|ACT'
    local gitlab='GITLAB_CI|GITLAB_USER_LOGIN|CI_(API_V4_URL|SERVER_URL|COMMIT_SHA|MERGE_REQUEST_IID)'
    local jenkins='JENKINS_URL|JOB_NAME|BUILD_(NUMBER|TAG|URL|USER_ID)|GIT_COMMIT|WORKSPACE'
    local others='KUBECONFIG|CI|TZ|NO_COLOR|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy'
    gitlab+='|CI_(PROJECT|PIPELINE|JOB)_(DIR|ID|NAME|PATH|URL)'
    compgen -e | grep -xE "POINTSMAN_.*|$github|$gitlab|$jenkins|$others"
}

# choose_user: files made are the caller's. Under a rootless server the caller is root in there. Root
# without DAC_OVERRIDE could not write the outputs, which a job's container has from another user.
choose_user() {
    if docker info --format '{{.SecurityOptions}}' 2>/dev/null | grep name=rootless >/dev/null; then
        user=(--user 0:0)
    else
        user=(--user "$(id -u):$(id -g)")
        [[ $(id -u) != 0 ]] || user+=(--cap-add DAC_OVERRIDE)
    fi
}

# exec_container: the lifeline is the container's stdin, which Python takes as SIGTERM when it ends. A
# pipe that the Docker client itself holds open for writing ends when that client does, however it
# dies; without it a killed client would leave the container running, and moving traffic.
exec_container() {
    if ! { building=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/pointsman.XXXXXX") && mkfifo "$building/lifeline"; }; then
        fail 3 'no lifeline can be made in RUNNER_TEMP. Is the disk full?'
    fi
    exec 0<>"$building/lifeline"
    rm -rf "$building"
    exec docker run "${run[@]}"
}
