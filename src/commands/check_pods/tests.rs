//! Pods as they may be in a cluster, and what is said of each.

use serde_json::{Value, json};

use super::pods::repository;
use super::*;
use crate::domain::Digest;

const MANAGER: &str = "r.example:5000/kyma/manager";

/// A digest of its own for each letter.
fn digest(of: &str) -> String {
    Digest::of(of.as_bytes()).to_string()
}

fn artifacts(images: &[(&str, &str, &str)]) -> Artifacts {
    let image = |(name, repository, of): &(&str, &str, &str)| {
        let digest = digest(of);
        let value = json!({"kind": "image", "digest": digest, "tagged": format!("{repository}:v1"),
            "image": format!("{repository}@{digest}")});
        ((*name).to_owned(), value)
    };
    let mut all: serde_json::Map<String, Value> = images.iter().map(image).collect();
    all.insert(
        "template.yaml".into(),
        json!({"kind": "asset", "digest": digest("asset"), "size": 1}),
    );
    Artifacts::from_json(&Value::Object(all).to_string()).unwrap()
}

/// The release's binary image is `MANAGER` with the bytes `good`.
fn manager() -> Artifacts {
    artifacts(&[
        ("binary-image", MANAGER, "good"),
        ("module-image", "r.example:5000/kyma/module", "module"),
    ])
}

/// The codes of what is wrong, in order.
fn codes(artifacts: Artifacts, pods: &Value) -> Vec<Code> {
    let check = CheckPods {
        artifacts,
        pods: None,
    };
    let pods = Pods::from_json(pods.to_string().as_bytes()).unwrap();
    match check.check(&pods) {
        Ok(_) => vec![],
        Err(findings) => findings.into_iter().map(|finding| finding.code).collect(),
    }
}

fn list(pods: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": pods})
}

fn container(image: &str, image_id: &str) -> Value {
    json!({"name": "main", "image": image, "imageID": image_id, "ready": true})
}

/// A pod whose one container has this name and this `imageID`.
fn pod(image: &str, image_id: &str) -> Value {
    json!({"metadata": {"namespace": "kyma-system", "name": "manager-0"},
        "spec": {"containers": [{"name": "main", "image": image}]},
        "status": {"phase": "Running", "containerStatuses": [container(image, image_id)]}})
}

fn good() -> Value {
    pod(
        &format!("{MANAGER}:v1"),
        &format!("{MANAGER}@{}", digest("good")),
    )
}

const DIFFERS: Code = Code::PodImageDiffers;
const WAITS: Code = Code::PodNotStarted;
const IDLE: Code = Code::ImageNotRunning;

#[test]
fn image_id_is_compared_in_every_form() {
    let (right, wrong) = (digest("good"), digest("bad"));
    let tagged = format!("{MANAGER}:v1");
    let table: [(&str, String, &[Code]); 14] = [
        (&tagged, format!("{MANAGER}@{right}"), &[]),
        (&tagged, format!("docker-pullable://{MANAGER}@{right}"), &[]),
        (&tagged, format!("docker://{right}"), &[]),
        (&tagged, right.clone(), &[]),
        (&tagged, format!("{MANAGER}:v1@{right}"), &[]),
        // The node has another name for these bytes: a mirror, or another tag.
        (&tagged, format!("mirror.example/manager@{right}"), &[]),
        (
            "mirror.example/manager:v1",
            format!("mirror.example/manager@{right}"),
            &[],
        ),
        (&right, format!("mirror.example/manager@{right}"), &[]),
        (&tagged, format!("{MANAGER}@{wrong}"), &[DIFFERS, IDLE]),
        (&tagged, format!("docker://{wrong}"), &[DIFFERS, IDLE]),
        (
            &tagged,
            format!("mirror.example/manager@{wrong}"),
            &[DIFFERS, IDLE],
        ),
        (MANAGER, wrong.clone(), &[DIFFERS, IDLE]),
        // The digest of another kind, and one that only begins as the right one does.
        (
            &tagged,
            format!("{MANAGER}@sha512:{}", &right[7..]),
            &[DIFFERS, IDLE],
        ),
        (&tagged, format!("{MANAGER}@{right}0"), &[DIFFERS, IDLE]),
    ];
    for (image, image_id, wanted) in table {
        let pods = list(&[pod(image, &image_id)]);
        assert_eq!(codes(manager(), &pods), wanted, "{image} {image_id}");
    }
}

/// The awaited digest is that of the index; a runtime that names the manifest of its platform cannot be believed.
#[test]
fn digest_of_a_platform_is_not_the_digest_of_the_index() {
    let platform = format!("{MANAGER}@{}", digest("the manifest for linux/amd64"));
    let pods = list(&[pod(&format!("{MANAGER}:v1"), &platform)]);
    assert_eq!(codes(manager(), &pods), [DIFFERS, IDLE]);
}

#[test]
fn a_container_that_has_not_started_is_refused() {
    let waiting = pod(&format!("{MANAGER}:v1"), "");
    assert_eq!(
        codes(manager(), &list(std::slice::from_ref(&waiting))),
        [WAITS, IDLE]
    );
    assert_eq!(codes(manager(), &list(&[good(), waiting])), [WAITS]);
    let foreign = pod("other.example/x:1", "");
    assert_eq!(codes(manager(), &list(&[good(), foreign])), []);
    let mut without_id = good();
    without_id["status"]["containerStatuses"][0]
        .as_object_mut()
        .unwrap()
        .remove("imageID");
    assert_eq!(codes(manager(), &list(&[good(), without_id])), [WAITS]);
}

/// No node has started it, so that nobody knows yet which bytes it will run.
#[test]
fn a_pending_pod_is_refused() {
    let mut pending = good();
    pending["status"] = json!({"phase": "Pending"});
    let mut null = pending.clone();
    null["status"]["containerStatuses"] = Value::Null;
    for waiting in [pending, null] {
        assert_eq!(
            codes(manager(), &list(std::slice::from_ref(&waiting))),
            [WAITS, IDLE]
        );
        assert_eq!(codes(manager(), &list(&[waiting, good()])), [WAITS]);
    }
}

/// A pod of a job that was evicted, or whose init container failed: it is over, and ran nothing.
#[test]
fn ended_pods_are_judged_by_what_they_ran() {
    for phase in ["Failed", "Succeeded"] {
        let mut ended = good();
        ended["status"] = json!({"phase": phase});
        assert_eq!(codes(manager(), &list(&[ended.clone(), good()])), []);
        assert_eq!(codes(manager(), &list(&[ended])), [IDLE]);
        let mut wrong = pod(
            &format!("{MANAGER}:v1"),
            &format!("{MANAGER}@{}", digest("bad")),
        );
        wrong["status"]["phase"] = json!(phase);
        assert_eq!(codes(manager(), &list(&[wrong, good()])), [DIFFERS]);
    }
}

/// After an upgrade the pods of the previous release are listed until they have stopped.
#[test]
fn pods_that_are_being_deleted_are_ignored() {
    let mut old = pod(
        &format!("{MANAGER}:v0"),
        &format!("{MANAGER}@{}", digest("old")),
    );
    old["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(codes(manager(), &list(&[old.clone(), good()])), []);
    let mut last = good();
    last["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(codes(manager(), &list(&[old, last])), [IDLE]);
}

#[test]
fn every_replica_has_to_run_the_image() {
    let old = pod(
        &format!("{MANAGER}:v1"),
        &format!("{MANAGER}@{}", digest("old")),
    );
    assert_eq!(codes(manager(), &list(&[good(), good(), good()])), []);
    assert_eq!(
        codes(manager(), &list(&[good(), old.clone(), good()])),
        [DIFFERS]
    );
    assert_eq!(
        codes(manager(), &list(&[old.clone(), old])),
        [DIFFERS, DIFFERS, IDLE]
    );
}

/// Sidecars are init containers that restart
/// (<https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/>).
#[test]
fn containers_of_every_kind_are_compared() {
    for (spec, status) in [
        ("initContainers", "initContainerStatuses"),
        ("ephemeralContainers", "ephemeralContainerStatuses"),
        ("containers", "containerStatuses"),
    ] {
        for (of, wanted) in [("bad", &[DIFFERS][..]), ("good", &[])] {
            let mut two = good();
            let container = json!({"name": "second", "image": format!("{MANAGER}:v1"), "restartPolicy": "Always"});
            let mut containers = two["spec"][spec].as_array().cloned().unwrap_or_default();
            containers.push(container);
            two["spec"][spec] = Value::Array(containers);
            let mut statuses = two["status"][status]
                .as_array()
                .cloned()
                .unwrap_or_default();
            statuses
                .push(json!({"name": "second", "imageID": format!("{MANAGER}@{}", digest(of))}));
            two["status"][status] = Value::Array(statuses);
            assert_eq!(codes(manager(), &list(&[two])), wanted, "{spec} {of}");
        }
    }
}

/// A pod with the manager's image as a volume, as the specification and the node name it.
fn with_volume(reference: &str, status: &Value) -> Value {
    let mut pod = good();
    pod["spec"]["volumes"] = json!([{"name": "token", "projected": {}},
        {"name": "files", "image": {"reference": reference, "pullPolicy": "Always"}}]);
    pod["status"]["containerStatuses"][0]["volumeMounts"] = json!([
        {"name": "token", "mountPath": "/token", "readOnly": true},
        {"name": "files", "mountPath": "/files", "volumeStatus": status}]);
    pod
}

#[test]
fn image_volumes_are_compared() {
    let (tagged, right, wrong) = (format!("{MANAGER}:v1"), digest("good"), digest("bad"));
    let reported = |digest: &str| json!({"image": {"imageRef": format!("{MANAGER}@{digest}")}});
    let table: [(String, Value, &[Code]); 7] = [
        (tagged.clone(), reported(&right), &[]),
        (tagged.clone(), reported(&wrong), &[DIFFERS]),
        (tagged.clone(), Value::Null, &[Code::PodVolumeUnknown]),
        (format!("{tagged}@{right}"), Value::Null, &[]),
        (format!("{tagged}@{wrong}"), Value::Null, &[DIFFERS]),
        (format!("{MANAGER}@{right}"), reported(&wrong), &[DIFFERS]),
        ("other.example/files:1".into(), Value::Null, &[]),
    ];
    for (reference, status, wanted) in table {
        let pods = list(&[with_volume(&reference, &status)]);
        assert_eq!(codes(manager(), &pods), wanted, "{reference} {status}");
    }
}

/// An image that is there only as files is not run by anybody.
#[test]
fn a_volume_does_not_run_the_binary_image() {
    let mut files = with_volume(&format!("{MANAGER}@{}", digest("good")), &Value::Null);
    files["spec"]["containers"][0]["image"] = json!("other.example/x:1");
    files["status"]["containerStatuses"][0]["imageID"] =
        json!(format!("other.example/x@{}", digest("x")));
    assert_eq!(codes(manager(), &list(&[files])), [IDLE]);
}

/// What counts is what the container runs now, not what it ran before it was restarted.
#[test]
fn a_restarted_container_is_judged_by_what_it_runs_now() {
    let mut restarted = good();
    restarted["status"]["containerStatuses"][0]["restartCount"] = json!(3);
    restarted["status"]["containerStatuses"][0]["lastState"] =
        json!({"terminated": {"exitCode": 1, "containerID": "containerd://old"}});
    assert_eq!(codes(manager(), &list(&[restarted])), []);
}

/// A node reports one of the names that it has for the same content, which may be that of another release.
#[test]
fn name_in_the_status_is_not_believed() {
    let mut other = pod(
        &format!("r.example:5000/kyma/again:v1@{}", digest("again")),
        &format!("r.example:5000/kyma/again@{}", digest("again")),
    );
    other["status"]["containerStatuses"][0]["image"] = json!(format!("{MANAGER}:v1"));
    assert_eq!(codes(manager(), &list(&[good(), other])), []);
    let mut renamed = pod(
        &format!("{MANAGER}:v1"),
        &format!("mirror.example/x@{}", digest("bad")),
    );
    renamed["status"]["containerStatuses"][0]["image"] = json!("sha256:0123");
    assert_eq!(codes(manager(), &list(&[good(), renamed])), [DIFFERS]);
}

#[test]
fn docker_hub_may_be_left_out_of_a_name() {
    let hub = || artifacts(&[("binary-image", "docker.io/kyma/manager", "good")]);
    for name in [
        "kyma/manager:v1",
        "docker.io/kyma/manager:v1",
        "index.docker.io/kyma/manager:v1",
    ] {
        let runs = |of: &str| pod(name, &format!("docker.io/kyma/manager@{}", digest(of)));
        assert_eq!(codes(hub(), &list(&[runs("good")])), [], "{name}");
        let found = codes(hub(), &list(&[runs("good"), runs("bad")]));
        assert_eq!(found, [DIFFERS], "{name}");
    }
    let other = pod(
        "manager:v1",
        &format!("docker.io/library/manager@{}", digest("x")),
    );
    assert_eq!(codes(hub(), &list(&[other])), [IDLE]);
}

#[test]
fn unrelated_images_are_ignored() {
    let others = [
        pod(
            "docker.io/library/nginx:1.25",
            &format!("docker.io/library/nginx@{}", digest("x")),
        ),
        pod(
            &format!("{MANAGER}-experimental:v1"),
            &format!("{MANAGER}-experimental@{}", digest("x")),
        ),
        pod(
            "r.example/kyma/manager:v1",
            &format!("r.example/kyma/manager@{}", digest("x")),
        ),
        // Its repository begins as ours does.
        pod(
            &format!("{MANAGER}/x:v1"),
            &format!("{MANAGER}/x@{}", digest("x")),
        ),
        // A module image is no container's.
        pod(
            "r.example:5000/kyma/module:v1",
            &format!("r.example:5000/kyma/module@{}", digest("x")),
        ),
    ];
    let with_ours: Vec<Value> = others.iter().cloned().chain([good()]).collect();
    assert_eq!(codes(manager(), &list(&with_ours)), []);
    assert_eq!(codes(manager(), &list(&others)), [IDLE]);
}

#[test]
fn further_images_may_run_and_then_have_to_be_the_awaited_ones() {
    let extra = "r.example:5000/kyma/webhook";
    let release = || artifacts(&[("binary-image", MANAGER, "good"), ("x", extra, "extra")]);
    let running = |of: &str| pod(&format!("{extra}:v1"), &format!("{extra}@{}", digest(of)));
    assert_eq!(codes(release(), &list(&[good()])), []);
    assert_eq!(codes(release(), &list(&[good(), running("extra")])), []);
    assert_eq!(
        codes(release(), &list(&[good(), running("bad")])),
        [DIFFERS]
    );
}

/// Such as `istio-manager:1.2.0` and `istio-manager:1.2.0-experimental`.
#[test]
fn different_images_of_one_repository_are_accepted() {
    let release = || {
        artifacts(&[
            ("binary-image", MANAGER, "good"),
            ("x", MANAGER, "experimental"),
        ])
    };
    let running = |of: &str| {
        pod(
            &format!("{MANAGER}:v1"),
            &format!("{MANAGER}@{}", digest(of)),
        )
    };
    assert_eq!(codes(release(), &list(&[good()])), []);
    assert_eq!(
        codes(release(), &list(&[good(), running("experimental")])),
        []
    );
    assert_eq!(codes(release(), &list(&[running("experimental")])), [IDLE]);
    assert_eq!(
        codes(release(), &list(&[good(), running("bad")])),
        [DIFFERS]
    );
}

/// One image under two names, of which another one comes first.
#[test]
fn images_with_equal_digests_are_interchangeable() {
    let mirror = "a.example/kyma/manager";
    let release = artifacts(&[("binary-image", MANAGER, "good"), (mirror, mirror, "good")]);
    assert_eq!(codes(release, &list(&[good()])), []);
}

#[test]
fn a_release_without_images_has_nothing_to_compare() {
    assert_eq!(codes(artifacts(&[]), &list(&[])), []);
    assert_eq!(codes(manager(), &list(&[])), [IDLE]);
}

#[test]
fn a_refusal_names_pod_container_image_and_digest() {
    let check = CheckPods {
        artifacts: manager(),
        pods: None,
    };
    let wrong = format!("{MANAGER}@{}", digest("bad"));
    let pods = list(&[pod(&format!("{MANAGER}:v1"), &wrong)]).to_string();
    let findings = check
        .check(&Pods::from_json(pods.as_bytes()).unwrap())
        .unwrap_err();
    let text = findings[0].to_string();
    assert_eq!(
        text,
        format!(
            "the container main of kyma-system/manager-0 runs {wrong}; wanted: {MANAGER}@{}",
            digest("good")
        )
    );
    assert!(
        findings[0]
            .help
            .contains("kubectl describe pod manager-0 --namespace kyma-system")
    );
}

#[test]
fn input_that_is_not_a_pod_list_is_refused() {
    let table: [&[u8]; 7] = [
        b"",
        b"{}",
        b"[]",
        b"{\"items\": 1}",
        b"{\"items\": [1]}",
        b"NAME READY STATUS",
        b"{\"items\": [",
    ];
    for text in table {
        let refused = Pods::from_json(text).unwrap_err();
        assert_eq!(refused.code, Code::PodsUnreadable);
        assert!(
            refused
                .help
                .contains("kubectl get pods --all-namespaces -o json")
        );
    }
    let large = vec![b' '; usize::try_from(LARGEST).unwrap() + 1];
    assert!(
        Pods::from_json(&large)
            .unwrap_err()
            .seen
            .contains("67108864")
    );
}

#[test]
fn repositories_are_found_in_every_form_of_a_name() {
    for (image, wanted) in [
        ("r.example:5000/a/b", "r.example:5000/a/b"),
        ("r.example:5000/a/b:v1", "r.example:5000/a/b"),
        ("r.example:5000/a/b@sha256:00", "r.example:5000/a/b"),
        ("r.example:5000/a/b:v1@sha256:00", "r.example:5000/a/b"),
        ("localhost/a:v1", "localhost/a"),
        ("nginx:1.25", "docker.io/library/nginx"),
        ("nginx@sha256:00", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("kyma/a:v1", "docker.io/kyma/a"),
    ] {
        assert_eq!(repository(image), wanted, "{image}");
    }
}
