//! `scripts/readiness.jq` and `scripts/pod-reason.jq`: when a workload is ready, by the rules of its kind, and what its pods wait for.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::root;

/// What the workload lacks.
fn lacks(workload: &Value) -> String {
    filter("scripts/readiness.jq", workload)
}

fn filter(program: &str, value: &Value) -> String {
    let mut jq = Command::new("jq")
        .args(["--raw-output", "--from-file", program])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = jq.stdin.take().unwrap();
    input.write_all(value.to_string().as_bytes()).unwrap();
    drop(input);
    let output = jq.wait_with_output().unwrap();
    assert!(output.status.success(), "{value}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A workload of generation 2 whose controller has seen it.
fn workload(kind: &str, spec: &Value, status: &Value) -> Value {
    let mut status = status.as_object().cloned().unwrap_or_default();
    status.insert("observedGeneration".to_owned(), json!(2));
    json!({"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status})
}

fn check(kind: &str, table: &[(Value, Value, &str)]) {
    for (spec, status, wanted) in table {
        let workload = workload(kind, spec, status);
        assert_eq!(lacks(&workload), *wanted, "{workload}");
    }
}

#[test]
fn every_kind_waits_for_its_controller() {
    for kind in ["Deployment", "StatefulSet", "DaemonSet"] {
        let ready = json!({"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1,
            "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1});
        let mut seen = workload(kind, &json!({}), &ready);
        assert_eq!(lacks(&seen), "", "{kind}");
        seen["status"]["observedGeneration"] = json!(1);
        let wanted = "its controller has not seen the new specification yet";
        assert_eq!(lacks(&seen), wanted, "{kind}");
        seen["status"] = json!({});
        assert_eq!(lacks(&seen), wanted, "{kind}");
    }
}

#[test]
fn deployments_are_ready_when_all_new_pods_are_available() {
    let status = |new: u8, all: u8, available: u8| json!({"updatedReplicas": new, "replicas": all, "availableReplicas": available});
    let passed = "ReplicaSet \"x\" has timed out progressing.";
    let condition = |kind: &str, value: &str, reason: &str, message: &str| json!({"conditions": [{"type": kind, "status": value, "reason": reason, "message": message}]});
    check(
        "Deployment",
        &[
            (json!({"replicas": 2}), status(2, 2, 2), ""),
            (json!({}), status(1, 1, 1), ""),
            (json!({"replicas": 0}), json!({}), ""),
            (
                json!({"replicas": 2}),
                status(1, 2, 2),
                "1 of 2 pods have the new template",
            ),
            (
                json!({"replicas": 2}),
                status(2, 3, 2),
                "1 pods with the old template still run",
            ),
            (
                json!({"replicas": 2}),
                status(2, 2, 1),
                "1 of 2 pods are available",
            ),
            (json!({}), json!({}), "0 of 1 pods have the new template"),
            (
                json!({}),
                condition("Progressing", "False", "ProgressDeadlineExceeded", passed),
                &format!("failed: {passed}"),
            ),
            (
                json!({}),
                condition("ReplicaFailure", "True", "FailedCreate", "quota is used up"),
                "0 of 1 pods have the new template: quota is used up",
            ),
        ],
    );
}

#[test]
fn stateful_sets_are_ready_when_all_pods_have_the_new_revision() {
    let status = |ready: u8, new: u8, current: &str| {
        json!({"replicas": 3, "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": new,
            "currentRevision": current, "updateRevision": "b"})
    };
    let partition = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
    let on_delete = json!({"replicas": 3, "updateStrategy": {"type": "OnDelete"}});
    check(
        "StatefulSet",
        &[
            (json!({"replicas": 3}), status(3, 3, "b"), ""),
            (
                json!({"replicas": 3}),
                status(2, 3, "b"),
                "2 of 3 pods are ready",
            ),
            (
                json!({"replicas": 3}),
                status(3, 1, "a"),
                "1 of 3 pods have the new template",
            ),
            (
                json!({"replicas": 3}),
                status(3, 3, "a"),
                "the new revision is not the current one yet",
            ),
            (partition.clone(), status(3, 1, "a"), ""),
            (
                partition,
                status(3, 0, "a"),
                "0 of 1 pods have the new template",
            ),
            (on_delete.clone(), status(3, 0, "a"), ""),
            (on_delete, status(1, 0, "a"), "1 of 3 pods are ready"),
        ],
    );
}

#[test]
fn daemon_sets_are_ready_when_every_node_has_the_new_pod() {
    let status = |new: u8, available: u8| json!({"desiredNumberScheduled": 2, "updatedNumberScheduled": new, "numberAvailable": available});
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    check(
        "DaemonSet",
        &[
            (json!({}), status(2, 2), ""),
            (json!({}), json!({"desiredNumberScheduled": 0}), ""),
            (
                json!({}),
                status(1, 2),
                "1 of 2 nodes have a pod with the new template",
            ),
            (
                json!({}),
                status(2, 1),
                "1 of 2 nodes have an available pod",
            ),
            (on_delete, status(0, 2), ""),
        ],
    );
}

#[test]
fn jobs_are_ready_when_they_are_complete() {
    let condition = |kind: &str| json!({"succeeded": 1, "conditions": [{"type": kind, "status": "True", "message": "too many attempts"}]});
    check(
        "Job",
        &[
            (json!({}), condition("Complete"), ""),
            (
                json!({"completions": 3}),
                json!({"succeeded": 1}),
                "1 of 3 pods have succeeded",
            ),
            (json!({}), json!({}), "0 of 1 pods have succeeded"),
            (json!({"suspend": true}), json!({}), ""),
            (json!({}), condition("Failed"), "failed: too many attempts"),
        ],
    );
}

/// The pods are those of a real cluster.
#[test]
fn reason_is_the_first_container_that_is_not_ready() {
    let path = "src/commands/check_pods/recorded/kubernetes-1.36.json";
    let recorded = std::fs::read_to_string(root().join(path)).unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let pod = |name: &str| {
        let pods = recorded["items"].as_array().unwrap();
        let is_wanted = |pod: &&Value| pod["metadata"]["name"] == name;
        pods.iter().find(is_wanted).unwrap().clone()
    };
    let reason = |pods: &[Value]| filter("scripts/pod-reason.jq", &json!({"items": pods}));
    for (name, wanted) in [
        ("by-tag", ""),
        ("ended", ""),
        ("terminating", ""),
        ("with-init-and-sidecar", ""),
        (
            "crashing",
            "; container main of pod crashing ended with exit code 7: Error",
        ),
        (
            "with-failing-init",
            "; container first of pod with-failing-init ended with exit code 3: Error",
        ),
        (
            "wrong-password",
            "; container main of pod wrong-password waits: ErrImagePull: failed to pull and unpack image \"private.example:5000/built/app:1.2.0\": failed to resolve reference \"private.example:5000/built/app:1.2.0\": pulling from host mirror.example failed with status code [manifests 1.2.0]: 401 Unauthorized",
        ),
    ] {
        assert_eq!(reason(&[pod(name)]), wanted, "{name}");
    }
    assert!(
        reason(&[pod("by-tag"), pod("not-there")])
            .contains("pod not-there waits: ImagePullBackOff")
    );
    let mut unready = pod("by-tag");
    unready["status"]["containerStatuses"][0]["ready"] = json!(false);
    assert_eq!(
        reason(&[unready]),
        "; container main of pod by-tag runs, and is not ready"
    );
    let mut unscheduled = pod("pending");
    unscheduled["status"]["conditions"] =
        json!([{"type": "PodScheduled", "status": "False", "message": "0/1 nodes\nare available"}]);
    assert_eq!(
        reason(&[unscheduled]),
        "; pod pending is not scheduled: 0/1 nodes are available"
    );
    assert_eq!(reason(&[pod("pending")]), "");
}
