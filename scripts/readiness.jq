# What one workload still lacks to be ready, as a sentence; nothing when it is ready. A sentence that begins with "failed: " says
# that waiting longer is of no use.
#
#   kubectl get deployment/name -o json | jq -rf scripts/readiness.jq
#
# The rules are the kinds' own, as `kubectl rollout status` and `kubectl wait` apply them:
# https://kubernetes.io/docs/concepts/workloads/controllers/

def condition($type): first(.status.conditions[]? | select(.type == $type)) // {};
def wanted: if .spec.replicas == null then 1 else .spec.replicas end;
def count($field): .status[$field] // 0;
def of($have; $want; $what): "\($have) of \($want) \($what)";

def deployment:
  condition("Progressing") as $progress
  | condition("ReplicaFailure") as $failure
  | if $progress.reason == "ProgressDeadlineExceeded" then "failed: \($progress.message // "its progress deadline has passed")"
    elif count("updatedReplicas") < wanted then
      of(count("updatedReplicas"); wanted; "pods have the new template") + (if $failure.status == "True" then ": \($failure.message)" else "" end)
    elif count("replicas") > count("updatedReplicas") then "\(count("replicas") - count("updatedReplicas")) pods with the old template still run"
    elif count("availableReplicas") < wanted then of(count("availableReplicas"); wanted; "pods are available")
    else empty end;

def statefulset:
  (.spec.updateStrategy.type // "RollingUpdate") as $strategy
  | (.spec.updateStrategy.rollingUpdate.partition // 0) as $partition
  | (if $strategy == "OnDelete" then 0 else [wanted - $partition, 0] | max end) as $new
  | if count("readyReplicas") < wanted then of(count("readyReplicas"); wanted; "pods are ready")
    elif count("updatedReplicas") < $new then of(count("updatedReplicas"); $new; "pods have the new template")
    elif $strategy != "OnDelete" and $partition == 0 and .status.updateRevision != .status.currentRevision then "the new revision is not the current one yet"
    elif count("availableReplicas") < wanted then of(count("availableReplicas"); wanted; "pods are available")
    else empty end;

def daemonset:
  count("desiredNumberScheduled") as $nodes
  | if .spec.updateStrategy.type != "OnDelete" and count("updatedNumberScheduled") < $nodes then
      of(count("updatedNumberScheduled"); $nodes; "nodes have a pod with the new template")
    elif count("numberAvailable") < $nodes then of(count("numberAvailable"); $nodes; "nodes have an available pod")
    else empty end;

def job:
  condition("Failed") as $failed
  | if $failed.status == "True" then "failed: \($failed.message // $failed.reason // "the job has failed")"
    elif condition("Complete").status == "True" or .spec.suspend == true then empty
    else of(count("succeeded"); .spec.completions // 1; "pods have succeeded") end;

if .kind == "Job" then job
elif (.status.observedGeneration // 0) < (.metadata.generation // 0) then "its controller has not seen the new specification yet"
elif .kind == "Deployment" then deployment
elif .kind == "StatefulSet" then statefulset
elif .kind == "DaemonSet" then daemonset
else error("\(.kind) is no workload") end
