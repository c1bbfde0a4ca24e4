#!/usr/bin/env bash
# Shows why a module does not run: workloads and pods that are not ready, custom resources, events, and logs.
#
#   scripts/diagnose-cluster.sh e2e-diagnostics [module/manifest.yaml raw-manifest]
#   MODULE_NAME=kyma-project.io/module/btp-operator scripts/diagnose-cluster.sh e2e-diagnostics module/chart helm-chart
#
# Writes to the folder: summary.md (what a maintainer looks at first; it is printed too, and added to the job's summary), the whole
# events, pods and custom resources, and logs/. Values of the cluster's Secrets and of $E2E_CREDENTIALS are replaced by ***, and
# every file is cut at 256 KiB. It needs kubectl and jq. It ends well whatever happens: what cannot be shown is said.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"
# One question that has no answer must not hide the answers to the others.
set +e +o pipefail
folder=${1:-e2e-diagnostics} manifest=${2:-} kind=${3:-raw-manifest}
LOG_LINES=50
MAX_PODS=20
# Seconds, after which nothing more is asked. Each question ends by itself after 15.
MAX_TIME=180

umask 077
mkdir -p "$folder/logs" || { say "$folder cannot be written" && exit 0; }
secrets=$(mktemp)
trap 'rm -f "$secrets"' EXIT

cluster() {
  [ "$SECONDS" -lt "$MAX_TIME" ] || { say "not asked after $MAX_TIME s: kubectl $*" && return 1; }
  timeout 20 kubectl "$@" --request-timeout=15s
}

# Reads a list as JSON, which is empty where there is no answer.
list() {
  local answer
  if answer=$(cluster "$@" -o json 2> /dev/null) && jq -e '.items | type == "array"' <<< "$answer" > /dev/null 2>&1; then
    printf '%s\n' "$answer"
  else
    say "no answer: kubectl $*"
    echo '{"items": []}'
    return 1
  fi
}

# Lists the values that may not be shown, one line each; also those inside of JSON, such as the password of a registry, and as they
# are written in JSON and in addresses. Short ones, such as `true`, and the name of the Secret's namespace would only make the logs
# unreadable. The longest come first: one may begin with another.
read_secrets() {
  local answer code=0
  answer=$(list get secrets --all-namespaces) || code=1
  (
    set -o pipefail
    jq -r 'def decoded: try @base64d catch empty;
      def inside: (try fromjson catch empty) | .. | strings | ., (decoded | ., (split(":")[1:] | join(":")));
      [((.items[] | (.metadata.namespace | @base64) as $namespace | (.data // {})[] | select(. != $namespace)), ($ENV.E2E_CREDENTIALS // ""))
        | ., inside, (decoded | ., inside)]
      | unique[] | ., (tojson[1:-1]), @uri' <<< "$answer" 2> /dev/null | tr -d '\0' | awk 'length($0) >= 6 { print length($0), $0 }' \
      | sort -u | sort -rn | cut -d' ' -f2- > "$secrets"
  ) || code=1
  return $code
}

# Copies its input without those values, and at most 256 KiB of it.
clean() {
  awk -v list="$secrets" '
    BEGIN { while ((getline line < list) > 0) hidden[++count] = line }
    {
      text = $0
      for (i = 1; i <= count; i++) {
        done = ""
        while ((at = index(text, hidden[i])) > 0) {
          done = done substr(text, 1, at - 1) "***"
          text = substr(text, at + length(hidden[i]))
        }
        text = done text
      }
      print text
    }' | { head -c 262144 && cat > /dev/null; }
}

# Copies at most $1 lines. The rest is read too, so that no pipe breaks.
first() { head -n "$1" && cat > /dev/null; }

# Runs a query, and keeps the error in place of an answer.
query() { cluster "$@" 2>&1 | clean; }

section() { printf '\n### %s\n\n' "$1"; }
# Prints its input as a block of text, or a sentence if it is empty.
block() { # SENTENCE
  local text
  text=$(cat)
  # shellcheck disable=SC2016 # Markdown
  if [ -n "$text" ]; then printf '```text\n%s\n```\n' "${text//'```'/"'''"}"; else printf '%s\n' "$1"; fi
}

# The objects of the module that the cluster has, one JSON object a line.
module_objects() {
  [ -n "$manifest" ] || return 0
  # shellcheck source=scripts/module.sh
  (source "$here/module.sh" && helm() { timeout 20 helm "$@"; } && module_manifest) 2> /dev/null | cluster get -f - --ignore-not-found -o json 2> /dev/null \
    | jq -c '(.items? // [.])[]' 2> /dev/null
}

# Namespaces of the module's objects, and of pods that are not ready.
namespaces() {
  jq -r '.metadata.namespace // empty' <<< "$objects"
  unready_pods | jq -r .namespace
}

# Prints pods that are not ready, one JSON object a line, with the containers that fail.
unready_pods() {
  jq -c --argjson max "$MAX_PODS" '
    def state: if .waiting then "waiting: \(.waiting.reason // "no reason given") \(.waiting.message // "")"
      elif .terminated then "ended with exit code \(.terminated.exitCode): \(.terminated.reason // "") \(.terminated.message // "")"
      elif .running then "running since \(.running.startedAt)" else "not started" end;
    def failing: (.ready | not) or .restartCount > 0;
    [.items[] | select(.status.phase != "Succeeded")
      | [.status.initContainerStatuses[]?, .status.containerStatuses[]?, .status.ephemeralContainerStatuses[]?] as $statuses
      | (first(.status.conditions[]? | select(.type == "Ready")) // {}) as $ready
      | select($ready.status != "True" or any($statuses[]; .restartCount > 0))
      | {namespace: .metadata.namespace, name: .metadata.name, phase: .status.phase,
         reason: ([.status.reason, .status.message, $ready.reason, $ready.message,
                   (.status.conditions[]? | select(.type == "PodScheduled" and .status != "True") | .message)]
                  | map(select(. != null)) | unique | join("; ")),
         containers: [$statuses[] | select(failing and (.state.terminated.reason != "Completed"))
           | {name, restarts: .restartCount, state: (.state | state), last: ((.lastState // {}) | if . == {} then null else state end),
              # Whether there may be a log of it, and one of the run before.
              ran: (.state.running != null or .state.terminated != null or .restartCount > 0), restarted: (.restartCount > 0)}]}]
    | .[:$max][]' <<< "$pods"
}

show_workloads() {
  local workloads workload lacks
  section 'Workloads that are not ready'
  workloads=$(list get deployments,statefulsets,daemonsets,jobs --all-namespaces) || { echo 'They cannot be listed.' && return; }
  while read -r workload; do
    lacks=$(jq -rf "$here/readiness.jq" <<< "$workload" 2> /dev/null)
    [ -z "$lacks" ] || jq -r --arg lacks "$lacks" '"\(.kind) \(.metadata.namespace)/\(.metadata.name): \($lacks)"' <<< "$workload"
  done < <(jq -c '.items[:200][]' <<< "$workloads") | clean | block 'Every workload is ready.'
}

show_pods() {
  section 'Pods that are not ready'
  unready_pods | jq -r '"\(.namespace)/\(.name): \(.phase); \(.reason)",
    (.containers[] | "  \(.name): \(.state)", (select(.last) | "    before: \(.last) (\(.restarts) restarts)"))' \
    | clean | block "$no_pods"
}

show_events() {
  local namespace
  while read -r namespace; do
    # kubectl sorts by one field, which events of the scheduler do not have.
    list get events --namespace "$namespace" | jq -r '.items | map(. + {at: (.series.lastObservedTime // .lastTimestamp // .eventTime // .metadata.creationTimestamp)})
      | sort_by(.at)[] | "\(.at) \(.type) \(.reason) \(.involvedObject.kind)/\(.involvedObject.name): \(.message // "" | gsub("\\s+"; " "))"' \
      | clean > "$folder/events-$namespace.txt"
    section "Events in $namespace"
    tail -n 30 "$folder/events-$namespace.txt" | cut -c1-500 | block 'There is none.'
  done < <(namespaces | awk '!seen[$0]++' | first 10)
}

show_log() { # TITLE FILE ARGUMENT…
  local title=$1 file=$2
  shift 2
  query logs "$@" --tail="$LOG_LINES" --limit-bytes=1000000 > "$folder/logs/$file"
  section "$title"
  cut -c1-500 "$folder/logs/$file" | block 'It is empty.'
}

show_logs() {
  local namespace pod container ran restarted workload
  while read -r namespace pod container ran restarted; do
    [ "$ran" = true ] || continue
    show_log "Log of $container in $namespace/$pod" "$namespace.$pod.$container.log" "$pod" --namespace "$namespace" --container "$container"
    [ "$restarted" = true ] || continue
    show_log "Log of $container in $namespace/$pod, before it was restarted" "$namespace.$pod.$container.previous.log" \
      "$pod" --namespace "$namespace" --container "$container" --previous
  done < <(unready_pods | jq -r '. as $pod | .containers[] | "\($pod.namespace) \($pod.name) \(.name) \(.ran) \(.restarted)"')
  # Pods may all be ready, and the module fail.
  while read -r namespace workload; do
    show_log "Log of $workload in $namespace" "$namespace.${workload/\//.}.log" "$workload" --namespace "$namespace" --all-containers --prefix
  done < <(jq -r 'select(.kind | IN("Deployment", "StatefulSet", "DaemonSet", "Job")) | "\(.metadata.namespace) \(.kind | ascii_downcase)/\(.metadata.name)"' \
    <<< "$objects" | first 5)
}

# Custom resources of the definitions in the cluster: the module's, and those of what it installs.
show_custom_resources() {
  local resource
  section 'Custom resources'
  while read -r resource; do
    list get "$resource" --all-namespaces | jq -r '.items[:20][]
      | "\(.kind) \([.metadata.namespace, .metadata.name] | map(select(.)) | join("/")): \(.status // "no status" | tojson)"'
  done < <(list get customresourcedefinitions \
    | jq -r '.items[] | select(.spec.group | test("k3s\\.cattle\\.io$|helm\\.cattle\\.io$|traefik") | not) | "\(.spec.names.plural).\(.spec.group)"' | first 50) \
    | clean | tee "$folder/custom-resources.txt" | cut -c1-2000 | first 100 | block 'There is none.'
}

show_all() {
  local program objects pods no_pods='Every pod is ready.'
  printf '## Why it failed\n'
  for program in kubectl jq; do
    command -v "$program" > /dev/null || { printf '\nNothing can be shown without %s.\n' "$program" && return; }
  done
  if ! cluster get --raw /version > /dev/null 2> "$folder/error.txt"; then
    printf '\nThe cluster does not answer.\n\n'
    tail -n 5 "$folder/error.txt" | cut -c1-500 | block 'kubectl does not say why.'
    return
  fi
  rm "$folder/error.txt"
  pods=$(list get pods --all-namespaces) || no_pods='They cannot be listed.'
  objects=$(module_objects)
  # Anything else may hold what nobody may see.
  if ! read_secrets; then
    printf '\nThe Secrets cannot be read, so that nothing is shown that may hold their values.\n'
    return
  fi
  show_workloads
  show_pods
  show_custom_resources
  show_events
  show_logs
  # The specifications of pods, with their environment, are of no use to the reader, and may hold what is nobody's business.
  query get pods --all-namespaces -o wide > "$folder/pods.txt"
}

show_all 2>> "$folder/errors.txt" > "$folder/summary.md"
clean < "$folder/errors.txt" > "$folder/errors" && mv "$folder/errors" "$folder/errors.txt"
if [ -s "$folder/errors.txt" ]; then
  { section 'What could not be asked' && tail -n 20 "$folder/errors.txt" | cut -c1-500 | block ''; } >> "$folder/summary.md"
else
  rm -f "$folder/errors.txt"
fi
# What a container has logged is no command for the runner.
pause=stop-$(od -An -N16 -tx1 /dev/urandom | tr -d ' ')
if [ "${GITHUB_ACTIONS:-}" = true ]; then say "::stop-commands::$pause"; fi
cat "$folder/summary.md" >&2
if [ "${GITHUB_ACTIONS:-}" = true ]; then say "::$pause::"; fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # A job's summary may have 1 MiB, and its other steps want some of it.
  head -c 524288 "$folder/summary.md" >> "$GITHUB_STEP_SUMMARY"
fi
exit 0
