# What the first of some pods that are not ready waits for, as "; pod …"; nothing if each is ready.
#
#   kubectl get pods --selector app=name -o json | jq -rf scripts/pod-reason.jq

def ended: if .terminated then ", which ended with exit code \(.terminated.exitCode) (\(.terminated.reason // "no reason given"))" else "" end;
def said: if (.message // "") == "" then "" else ": \(.message)" end;

def container($pod):
  "container \(.name) of pod \($pod) " as $container
  | if .state.waiting then
      # Usual for a moment: another container comes first, or the image is being pulled.
      select(.state.waiting.reason | IN("PodInitializing") | not)
      | $container + "waits: \(.state.waiting.reason // "no reason given")\(.state.waiting | said)\((.lastState // {}) | ended)"
    elif .state.terminated then $container + "ended with exit code \(.state.terminated.exitCode): \(.state.terminated.reason // "no reason given")\(.state.terminated | said)"
    elif .state.running then $container + "runs, and is not ready"
    else empty end;

first(.items[]
  | select(.metadata.deletionTimestamp | not)
  | .metadata.name as $pod
  | (.status.conditions[]? | select(.type == "PodScheduled" and .status == "False") | "pod \($pod) is not scheduled\(said)"),
    ((.status.initContainerStatuses // []) + (.status.containerStatuses // []) | .[]
      | select((.ready | not) and .state.terminated.exitCode != 0) | container($pod)))
| gsub("\\s+"; " ") | "; " + .[:500]
