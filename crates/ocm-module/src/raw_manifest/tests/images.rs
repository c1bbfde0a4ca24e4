//! Images wherever pods take them.

use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn images(text: &str) -> Vec<String> {
    let manifest = RawManifest::parse("m", text.as_bytes()).unwrap();
    manifest
        .images()
        .into_iter()
        .map(|image| image.text)
        .collect()
}

#[test]
fn pods_are_found_in_every_kind_of_workload() {
    let pod = "{containers: [{name: a, image: 'r.example/a:1.0.0'}]}";
    let template = |pod: &str| format!("{{template: {{metadata: {{}}, spec: {pod}}}}}");
    for (kind, fields) in [
        ("v1/Pod", format!("spec: {pod}")),
        ("v1/PodTemplate", format!("template: {{spec: {pod}}}")),
        (
            "v1/ReplicationController",
            format!("spec: {}", template(pod)),
        ),
        ("apps/v1/Deployment", format!("spec: {}", template(pod))),
        ("apps/v1/StatefulSet", format!("spec: {}", template(pod))),
        ("apps/v1/DaemonSet", format!("spec: {}", template(pod))),
        ("apps/v1/ReplicaSet", format!("spec: {}", template(pod))),
        ("batch/v1/Job", format!("spec: {}", template(pod))),
        (
            "batch/v1/CronJob",
            format!("spec: {{jobTemplate: {{spec: {}}}}}", template(pod)),
        ),
        (
            "argoproj.io/v1alpha1/Rollout",
            format!("spec: {}", template(pod)),
        ),
        (
            "serving.knative.dev/v1/Service",
            format!("spec: {}", template(pod)),
        ),
        (
            "jobset.x-k8s.io/v1alpha2/JobSet",
            format!(
                "spec: {{replicatedJobs: [{{template: {{spec: {}}}}}]}}",
                template(pod)
            ),
        ),
        (
            "kubeflow.org/v1/PyTorchJob",
            format!(
                "spec: {{pytorchReplicaSpecs: {{Master: {}}}}}",
                template(pod)
            ),
        ),
    ] {
        let (api, kind) = kind.rsplit_once('/').unwrap();
        let text = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\n{fields}\n");
        assert_eq!(images(&text), ["r.example/a:1.0.0"], "{text}");
        let moving = format!("{HEADS}{}", text.replace("1.0.0", "latest"));
        let found = RawManifest::parse("m", moving.as_bytes())
            .unwrap()
            .check(CrdRule::Required, None);
        assert_eq!(
            codes(&found),
            [(FormatCode::ImageTagMoving, line_of(&moving, "latest"))],
            "{moving}"
        );
    }
}

#[test]
fn pods_name_images_in_containers_volumes_and_variables() {
    let digest = format!("@sha256:{HEX}");
    for (pod, expected) in [
        ("containers: [{image: 'r.example/a:1'}], initContainers: [{image: 'r.example/b:1'}], ephemeralContainers: [{image: 'r.example/c:1'}]".to_owned(),
            vec!["r.example/b:1".to_owned(), "r.example/a:1".into(), "r.example/c:1".into()]),
        ("initContainers: [{image: 'r.example/b:1'}]".into(), vec!["r.example/b:1".into()]),
        ("containers: [{image: 'a:1'}], volumes: [{name: x, image: {reference: 'r.example/v:1'}}, {name: y, configMap: {name: z}}]".into(),
            vec!["a:1".into(), "r.example/v:1".into()]),
        // Short names, ports and digests.
        ("containers: [{image: 'busybox:1.36'}, {image: 'library/nginx:1.27'}, {image: 'localhost:5000/a:1'}]".into(),
            vec!["busybox:1.36".into(), "library/nginx:1.27".into(), "localhost:5000/a:1".into()]),
        (format!("containers: [{{image: 'busybox{digest}'}}, {{image: 'r.example:5000/a:1{digest}'}}]"),
            vec![format!("busybox{digest}"), format!("r.example:5000/a:1{digest}")]),
        // Each once.
        ("containers: [{image: 'a:1'}, {image: 'a:1'}]".into(), vec!["a:1".into()]),
        // Not looked into.
        ("containers: [{image: 'a:1', args: ['--image=r.example/b:1'], command: ['r.example/c:1'], envFrom: [{configMapRef: {name: 'r.example/d:1'}}]}]".into(),
            vec!["a:1".into()]),
    ] {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{{pod}}}\n");
        assert_eq!(images(&text), expected, "{text}");
    }
}

#[test]
fn variables_name_images_in_full_or_by_their_own_names() {
    let digest = format!("@sha256:{HEX}");
    let short_by_digest = format!("alpine{digest}");
    for (name, value, counts) in [
        ("A", "r.example/b:1", true),
        ("A", "alpine:3.18.0", true),
        ("A", "migrate/migrate:v4.16.0", true),
        ("A", &short_by_digest, true),
        ("RELATED_IMAGE_PROXY", "busybox:1.36", true),
        ("HELPER_IMAGE", "busybox:1.36", true),
        ("helper.image", "busybox:1.36", true),
        ("IMG", "library/busybox:1.36", true),
        ("IMAGINE", "busybox:1.36", false),
        ("A", "busybox:1.36", false),
        ("A", "redis:6379", false),
        ("A", "0.0.0.0:8080", false),
        ("A", "http://r.example/b:1", false),
        ("HELPER_IMAGE", "busybox", false),
        ("IMAGE_PULL_POLICY", "Always", false),
        ("RELATED_IMAGE_PROXY", "", false),
        ("RELATED_IMAGE_PROXY", "$(REGISTRY)/proxy:1.0.0", false),
    ] {
        let text = format!(
            "{HEADS}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {{template: {{spec: {{containers: [{{image: 'r.example/a:1', env: [{{name: {name}, value: '{value}'}}]}}]}}}}}}\n"
        );
        let mut expected = vec!["r.example/a:1"];
        expected.extend(counts.then_some(value));
        assert_eq!(images(&text), expected, "{name}={value}");
        let found = RawManifest::parse("m", text.as_bytes())
            .unwrap()
            .check(CrdRule::Required, None);
        assert_eq!(found, [], "{name}={value}");
    }
    // What the Operator SDK's variables hold is judged as an image is.
    for (value, code) in [
        ("busybox", FormatCode::ImageTagMissing),
        ("busybox:latest", FormatCode::ImageTagMoving),
        ("a b", FormatCode::ImageInvalid),
    ] {
        let text = format!(
            "{HEADS}apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: 'a:1', env: [{{name: RELATED_IMAGE_A, value: '{value}'}}]}}]}}\n"
        );
        let found = RawManifest::parse("m", text.as_bytes())
            .unwrap()
            .check(CrdRule::Required, None);
        assert_eq!(
            codes(&found),
            [(code, line_of(&text, "RELATED"))],
            "{value}"
        );
    }
}

#[test]
fn what_looks_like_a_pod_and_is_none_is_no_problem() {
    let schema = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec:\n  group: g.io\n  names: {kind: Thing}\n  versions:\n  - name: v1\n    schema: {openAPIV3Schema: {properties: {spec: {properties: {containers: {type: array, items: {properties: {image: {type: string}}}}},\n      default: {containers: [{name: a, image: 'r.example/a:latest'}]}, required: [containers]}}}}\n";
    let pattern = "---\napiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\nspec: {rules: [{validate: {pattern: {spec: {containers: [{name: '*', image: '!*:latest'}]}}}}]}\n";
    let data = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {image: 'r.example/a:latest', pod: 'containers: [{image: r.example/a:latest}]'}\n---\napiVersion: g.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: {image: 'r.example/a:latest', containers: 3, initContainers: [a, {image: 1}]}\n";
    let text = format!("{schema}{pattern}{data}");
    assert_eq!(images(&text), [""; 0]);
    let found = RawManifest::parse("m", text.as_bytes())
        .unwrap()
        .check(CrdRule::Required, None);
    assert_eq!(found, []);
}
