#!/usr/bin/env bash
# Shows why a module does not run: pods that are not ready, events, logs of failing containers, and the state of custom resources.
#
#   scripts/diagnose-cluster.sh e2e-diagnostics [module/manifest.yaml raw-manifest]
#
# Writes to the folder: summary.md (what a maintainer looks at first; it is printed too, and added to the job's summary), the whole
# events, pods and custom resources, and logs/. Values of the cluster's Secrets and of $E2E_CREDENTIALS are replaced by ***, and
# every file is cut at 256 KiB. It needs kubectl and jq, and ends well also when the cluster does not answer.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"
folder=$1
LOG_LINES=50
MAX_PODS=20

mkdir -p "$folder/logs"
umask 077
secrets=$(mktemp)
trap 'rm -f "$secrets"' EXIT

cluster() { timeout 30 kubectl "$@" --request-timeout=15s; }

# Lists the values that may not be shown, one line each. Short ones, such as `true`, would only make the logs unreadable.
{
  printf '%s\n' "${E2E_CREDENTIALS:-}"
  # A value may be binary.
  cluster get secrets --all-namespaces -o json 2>/dev/null \
    | jq -r '.items[] | (.data // {})[] | ., (try @base64d catch empty)' || true
} | tr -d '\0' | awk 'length($0) >= 8' | sort -u > "$secrets"

# Copies its input without those values, and at most 256 KiB of it.
clean() {
  awk -v list="$secrets" '
    BEGIN { while ((getline line < list) > 0) hidden[++count] = line }
    {
      for (i = 1; i <= count; i++)
        while ((at = index($0, hidden[i])) > 0) $0 = substr($0, 1, at - 1) "***" substr($0, at + length(hidden[i]))
      print
    }' | { head -c 262144 && cat > /dev/null; }
}

# Copies at most $1 lines. The rest is read too, so that no pipe breaks.
first() { head -n "$1" && cat > /dev/null; }

# Runs a query, and keeps the error in place of an answer.
query() { cluster "$@" 2>&1 | clean || true; }

section() { printf '\n### %s\n\n' "$1"; }
# shellcheck disable=SC2016 # Markdown
block() { printf '```text\n%s\n```\n' "$(cat)"; }

# Namespaces of the module's objects, and of pods that are not ready.
namespaces() {
  if [ -s "${manifest:-}" ]; then
    cluster get -f "$manifest" -o json 2>/dev/null | jq -r '(.items? // [.])[].metadata.namespace // empty' || true
  fi
  unready_pods | jq -r .namespace
}

pods() { cluster get pods --all-namespaces -o json 2>/dev/null || echo '{"items": []}'; }

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
           | {name, restarts: .restartCount, state: (.state | state), last: ((.lastState // {}) | if . == {} then null else state end)}]}]
    | .[:$max][]' "$folder/pods.json"
}

show_pods() {
  local lines
  lines=$(unready_pods | jq -r '"\(.namespace)/\(.name): \(.phase); \(.reason)",
    (.containers[] | "  \(.name): \(.state)", (select(.last) | "    before: \(.last) (\(.restarts) restarts)"))')
  section 'Pods that are not ready'
  printf '%s\n' "${lines:-Every pod is ready.}" | clean | block
}

show_events() {
  local namespace
  while read -r namespace; do
    query get events --namespace "$namespace" --sort-by=.lastTimestamp > "$folder/events-$namespace.txt"
    section "Events in $namespace"
    tail -n 30 "$folder/events-$namespace.txt" | cut -c1-500 | block
  done < <(namespaces | sort -u | first 10)
}

show_logs() {
  local namespace pod container file previous
  while read -r namespace pod container; do
    for previous in '' --previous; do
      file=logs/$namespace.$pod.$container${previous:+.previous}.log
      # shellcheck disable=SC2086 # nothing, or an option
      query logs "$pod" --namespace "$namespace" --container "$container" --tail="$LOG_LINES" $previous > "$folder/$file"
      section "Log of $container in $namespace/$pod${previous:+, before it was restarted}"
      cut -c1-500 "$folder/$file" | block
    done
  done < <(unready_pods | jq -r '. as $pod | .containers[] | "\($pod.namespace) \($pod.name) \(.name)"')
}

# Custom resources of the definitions in the cluster: the module's, and those of what it installs.
show_custom_resources() {
  local resource
  section 'Custom resources'
  while read -r resource; do
    cluster get "$resource" --all-namespaces -o json 2>/dev/null | jq -r '.items[:20][]
      | "\(.kind) \([.metadata.namespace, .metadata.name] | map(select(.)) | join("/")): \(.status // "no status" | tojson)"' || true
  done < <(cluster get customresourcedefinitions -o json 2>/dev/null \
    | jq -r '.items[] | select(.spec.group | test("k3s\\.cattle\\.io$|helm\\.cattle\\.io$|traefik") | not) | "\(.spec.names.plural).\(.spec.group)"' | first 50) \
    | clean | tee "$folder/custom-resources.txt" | cut -c1-2000 | first 100 | block
}

manifest=${2:-}
[ "${3:-raw-manifest}" = raw-manifest ] || manifest=''
pods > "$folder/pods.json"
{
  printf '## Why it failed\n'
  show_pods
  show_custom_resources
  show_events
  show_logs
} > "$folder/summary.md"
# The specifications of pods, with their environment, are of no use to the reader, and may hold what is nobody's business.
query get pods --all-namespaces -o wide > "$folder/pods.txt"
rm "$folder/pods.json"
cat "$folder/summary.md" >&2
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # A job's summary may have 1 MiB, and its other steps want some of it.
  head -c 524288 "$folder/summary.md" >> "$GITHUB_STEP_SUMMARY"
fi
