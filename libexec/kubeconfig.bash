# shellcheck shell=bash
# Which kubeconfig files the step reads, and what they need beside themselves.
#
# They are searched by pattern, not parsed: a false alarm of `exec` costs no more than the container.

# name_kubeconfigs: makes the names absolute and explicit, since HOME differs in the container.
name_kubeconfigs() {
    if [[ -n ${POINTSMAN_KUBECONFIG:-} ]]; then
        POINTSMAN_KUBECONFIG=$(absolute_list "$POINTSMAN_KUBECONFIG")
        export POINTSMAN_KUBECONFIG
    fi
    if [[ -n ${KUBECONFIG:-} ]]; then
        KUBECONFIG=$(absolute_list "$KUBECONFIG")
        export KUBECONFIG
    elif [[ -z ${POINTSMAN_KUBECONFIG:-} && -n ${HOME:-} && -f $HOME/.kube/config ]]; then
        export KUBECONFIG="$HOME/.kube/config"
    fi
}

absolute_list() {
    local IFS=: list='' path
    for path in $1; do
        [[ -z $path ]] || list+=${list:+:}$(absolute "$path" "$PWD")
    done
    printf '%s' "$list"
}

# absolute <path> <base>: also expands a leading ~/, which nobody has done in the input of a step.
absolute() {
    case $1 in
        /*) printf '%s' "$1" ;;
        \~/*) printf '%s/%s' "${HOME:-}" "${1#\~/}" ;;
        *) printf '%s/%s' "$2" "${1#./}" ;;
    esac
}

# kubeconfigs: every file that exists, one per line.
kubeconfigs() {
    local IFS=: path
    for path in ${POINTSMAN_KUBECONFIG:-} ${KUBECONFIG:-}; do
        [[ ! -f $path ]] || printf '%s\n' "$path"
    done
}

# exec_kubeconfig: the first file with a user that a program or a cloud provider has to log in.
exec_kubeconfig() {
    local path
    while IFS= read -r path; do
        if grep -qE "(^|[[:space:]{,-])[\"']?(exec|auth-provider)[\"']?[[:space:]]*:" "$path"; then
            printf '%s' "$path"
            return 0
        fi
    done < <(kubeconfigs)
    return 1
}

# kubeconfig_files: the kubeconfigs and every certificate, key and token file they name.
kubeconfig_files() {
    local path value
    while IFS= read -r path; do
        printf '%s\n' "$path"
        while IFS= read -r value; do
            absolute "$value" "$(dirname "$path")"
            printf '\n'
        done < <(named_files "$path")
    done < <(kubeconfigs)
}

# named_files <kubeconfig>: values of the path keys, in block style (one per line) and in flow style
# or JSON (several per line, where a comma or a brace ends a value).
named_files() {
    local key="[\"']?(certificate-authority|client-certificate|client-key|tokenFile)[\"']?[[:space:]]*:[[:space:]]*"
    {
        grep -E "^[[:space:]-]*$key" "$1" | sed -E "s/^[[:space:]-]*$key//; s/[[:space:]]+#.*\$//"
        grep -vE "^[[:space:]-]*$key" "$1" | grep -oE "$key(\"[^\"]*\"|'[^']*'|[^],}\"'[:space:]][^],}]*)" |
            sed -E "s/^$key//"
    } | sed -E "s/[[:space:],]+\$//; s/^\"(.*)\"\$/\1/; s/^'(.*)'\$/\1/" | grep -v '^$'
}
