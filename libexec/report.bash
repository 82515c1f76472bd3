# shellcheck shell=bash
# What the launcher says, and how it ends when it doesn't reach its exec.

why='' advice='' refusal_code=2 grouped='' child='' container='' building=''

on_github() { [[ ${GITHUB_ACTIONS:-} == true ]]; }

# On GitHub everything goes to stdout, where the log keeps its order; elsewhere stdout belongs to the
# subcommand, whose output another program may read.
say() {
    if on_github; then printf '%s\n' "$*"; else printf '%s\n' "$*" >&2; fi
}

group_start() {
    ! on_github || say '::group::Pointsman: runner'
    grouped=true
}

group_end() {
    [[ -z $grouped ]] || ! on_github || say '::endgroup::'
    grouped=''
}

# chosen <runner> <why>: noted for the report of the step; `announce` says it in the log.
chosen() { export POINTSMAN_LAUNCHED=$1 POINTSMAN_LAUNCHED_BECAUSE=$2; }

announce() {
    say "runner=$POINTSMAN_LAUNCHED because $POINTSMAN_LAUNCHED_BECAUSE"
    group_end
}

# fail <exit code> <message>: one annotation on GitHub, one line elsewhere.
fail() {
    local text=$2
    group_end
    if on_github; then
        text=${text//%/%25} text=${text//$'\r'/%0D} text=${text//$'\n'/%0A}
        say "::error title=Pointsman::$text"
    else
        say "pointsman: $text"
    fi
    exit "$1"
}

# cancelled <exit code>: the outputs and the summary that Python writes when it is the one that is cancelled.
cancelled() {
    local text='cancelled before Pointsman started; nothing was touched'
    group_end
    if on_github; then
        printf '%s\n' 'outcome=cancelled' "why=$text" "exit-code=$1" >>"${GITHUB_OUTPUT:-/dev/null}"
        printf '## 🛑 Cancelled\n\n**Why:** %s\n' "$text" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
        say "::error title=Pointsman::$text"
    fi
    exit "$1"
}

# refuse <why> <advice> [exit code]: a mode is impossible; the caller decides whether that is fatal.
refuse() {
    why=$1 advice=$2 refusal_code=${3:-2}
    return 1
}

# attend <command…>: ends with the launcher. Bash runs a trap only after a foreground command has
# ended, but leaves `wait` at once.
attend() {
    local code=0
    "$@" &
    child=$!
    wait "$child" || code=$?
    child=''
    return "$code"
}

# undo: removes what is of no use to anybody after a launcher that ended early.
undo() {
    [[ -z $child ]] || kill "$child" 2>/dev/null
    [[ -z $building ]] || rm -rf "$building"
    [[ -z $container ]] || docker rm --force "$container" >/dev/null 2>&1
}
