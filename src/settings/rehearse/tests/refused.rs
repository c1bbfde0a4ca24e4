//! What is refused before anything starts.

use super::settings_with;
use crate::domain::Code;

const CR: &str = "apiVersion: operator.kyma-project.io/v1alpha1\nkind: Keda\nmetadata: {name: a}\n";
/// Files, most of which are wrong.
const BAD_FILES: &[(&str, &str)] = &[
    (
        "repository/m.yaml",
        include_str!("../../../../tests/rehearsal/modules/btp-manager.yaml"),
    ),
    ("repository/values.yaml", "a: {b: 1.1.0}\n"),
    (
        "repository/config.yaml",
        "name: kyma-project.io/module/btp-operator\nversion: 1.1.0\nteam: kyma/gopher\nmanifest: other.yaml\nrepository: https://github.com/a/b\ndocumentation: https://help.example\nicons: [{name: module-icon, link: https://icons.example/a.svg}]\n",
    ),
    ("empty.yaml", ""),
    ("text.yaml", "no object"),
    ("broken.yaml", "a: [b\n"),
    ("no-kind.yaml", "apiVersion: v1\nmetadata: {name: a}\n"),
    (
        "job.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: 'r.example/a:1.0.0'}, {name: b, image: 'r.example/b:1.0.0'}]}}}\n",
    ),
    (
        "latest.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: manager, image: 'r.example/a:1.0.0'}, {name: b, image: 'r.example/b:latest'}]}}}\n",
    ),
    (
        "other.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: manager, image: 'r.example/a:1.0.0', env: [{name: HELPER_IMAGE, value: 'r.example/a:0.9.0'}]}]}}}\n",
    ),
    (
        "folded.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: manager, image: \"r.example/\\x61:1.0.0\"}]}}}\n",
    ),
    (
        "two-crs.yaml",
        "apiVersion: a/v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: a/v1\nkind: A\nmetadata: {name: b}\n",
    ),
    ("cr.yaml", CR),
    (
        "config-url.yaml",
        "name: kyma-project.io/module/keda\nversion: 1.0.0\nchannel: fast\nmanifest: https://example.com/m.yaml\n",
    ),
    (
        "config-missing.yaml",
        "name: kyma-project.io/module/keda\nversion: 1.0.0\nchannel: fast\nmanifest: nope.yaml\n",
    ),
    ("config-short.yaml", "name: kyma-project.io/module/keda\n"),
    (
        "no-calls.yaml",
        "jobs: {a: {uses: ./.github/workflows/build.yaml}}\n",
    ),
    (
        "builders.yaml",
        "jobs: {a: {uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1, with: {module: false, builders: prow, binary-image: 'r.example/a'}}}\n",
    ),
    (
        "unrendered.yaml",
        "jobs: {a: {uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1, with: {render-command: make manifests}}}\n",
    ),
    (
        "tag-format.yaml",
        "jobs: {a: {uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1, with: {module: false, tag-format: v}}}\n",
    ),
];
/// A command line, the code of the first finding, and what is in its message.
const REFUSED: &[(&str, &str, &str)] = &[
    ("", "input-missing", "version is missing"),
    ("latest", "version-invalid", "latest"),
    ("v1.2", "version-invalid", "1.2"),
    (
        "v1.2.0 --manifest nope.yaml",
        "file-unreadable",
        "\"nope.yaml\" cannot be read",
    ),
    (
        "v1.2.0 --default-cr nope.yaml",
        "file-unreadable",
        "\"nope.yaml\" cannot be read",
    ),
    (
        "v1.2.0 --workflow nope.yaml",
        "file-unreadable",
        "\"nope.yaml\" cannot be read",
    ),
    (
        "v1.2.0 --module-config nope.yaml",
        "file-unreadable",
        "\"nope.yaml\" cannot be read",
    ),
    (
        "--module-config nope.yaml",
        "file-unreadable",
        "\"nope.yaml\" cannot be read",
    ),
    (
        "v1.2.0 --manifest empty.yaml",
        "input-missing",
        "runs no image",
    ),
    (
        "v1.2.0 --manifest text.yaml --image none",
        "manifest-no-object",
        "text.yaml:1:1",
    ),
    (
        "v1.2.0 --manifest broken.yaml",
        "manifest-unreadable",
        "broken.yaml:",
    ),
    (
        "v1.2.0 --manifest no-kind.yaml --image none",
        "manifest-no-object",
        "no-kind.yaml:",
    ),
    ("v1.2.0 --manifest job.yaml", "input-missing", "2 images"),
    (
        "v1.2.0 --manifest two-managers.yaml",
        "input-missing",
        "2 images",
    ),
    (
        "v1.2.0 --manifest two-managers.yaml --image manager",
        "choice-invalid",
        "\"manager\" is none of",
    ),
    (
        "v1.2.0 --image nope",
        "choice-invalid",
        "\"nope\" is none of",
    ),
    (
        "v1.2.0 --manifest latest.yaml",
        "image-tag-moving",
        "latest.yaml:4:",
    ),
    (
        "v1.2.0 --manifest other.yaml",
        "manager-image-differs",
        "other.yaml:4:",
    ),
    (
        "v1.2.0 --manifest folded.yaml",
        "image-pin-unclear",
        "folded.yaml:4:",
    ),
    (
        "v1.2.0 --manifest btp-manager.yaml --default-cr cr.yaml",
        "default-cr-unknown",
        "cr.yaml:2:1",
    ),
    (
        "v1.2.0 --manifest keda-manager.yaml --default-cr two-crs.yaml",
        "default-cr-not-one",
        "two-crs.yaml:",
    ),
    (
        "v1.2.0 --module-config config-url.yaml",
        "file-unreadable",
        "https://example.com/m.yaml",
    ),
    (
        "v1.2.0 --module-config config-missing.yaml",
        "file-unreadable",
        "\"nope.yaml\" cannot be read",
    ),
    (
        "v1.2.0 --module-config config-short.yaml",
        "config-key-missing",
        "config-short.yaml:",
    ),
    (
        "v1.2.0 --module-config broken.yaml",
        "config-unreadable",
        "broken.yaml:",
    ),
    (
        "v1.2.0 --workflow broken.yaml",
        "file-unreadable",
        "is not YAML",
    ),
    (
        "v1.2.0 --workflow no-calls.yaml",
        "file-unreadable",
        "calls neither",
    ),
    (
        "v1.2.0 --workflow builders.yaml",
        "choice-invalid",
        "builders",
    ),
    (
        "v1.2.0 --workflow unrendered.yaml",
        "file-unreadable",
        "\"build/manifest.yaml\" cannot be read",
    ),
    (
        "v1.2.0 --workflow tag-format.yaml",
        "tag-format-invalid",
        "tag-format",
    ),
    (
        "v1.2.0 --registry https://r.example",
        "registry-invalid",
        "https://r.example",
    ),
    (
        "v1.2.0 --registry r.example/path",
        "registry-invalid",
        "r.example/path",
    ),
    (
        "v1.2.0 --registry localhost:http",
        "registry-invalid",
        "localhost:http",
    ),
    ("v1.2.0 --state=", "input-missing", "--state is missing"),
    ("v1.2.0 --builder maybe", "choice-invalid", "maybe"),
    ("v1.2.0 --unit-tests maybe", "choice-invalid", "maybe"),
    ("v1.2.0 --e2e maybe", "choice-invalid", "maybe"),
    ("v1.2.0 --tag-when maybe", "choice-invalid", "maybe"),
    ("v1.2.0 --module-form maybe", "choice-invalid", "maybe"),
];

/// Inputs of a workflow that asks for pull requests, the code of the first finding, and what is in its message.
const REFUSED_PROPOSALS: &[(&str, &str, &str)] = &[
    ("bump: 'values.yaml'", "edit-invalid", "values.yaml"),
    (
        "bump: 'nope.yaml: a.b = {version}'",
        "file-unreadable",
        "\"repository/nope.yaml\" cannot be read",
    ),
    (
        "bump: 'values.yaml: a.c = {version}'",
        "yaml-path-missing",
        "values.yaml:1:",
    ),
    (
        "bump: 'values.yaml: a.b = {versoin}'",
        "edit-invalid",
        "{versoin}",
    ),
    (
        "bump: 'values.yaml: a.b = {tag}', bump-merge: none",
        "choice-invalid",
        "\"none\" is none of wait, squash, auto",
    ),
    ("promote: fast", "text-invalid", "list \"fast\" is no list"),
    ("promote: '[\"Fast!\"]'", "channel-invalid", "Fast!"),
    (
        "promote: '[\"fast\"]', modules-repository: modules",
        "repository-invalid",
        "modules",
    ),
    (
        "promote: '[\"fast\"]', modules-merge: maybe",
        "choice-invalid",
        "maybe",
    ),
    ("submit: true", "input-missing", "module-config"),
    (
        "submit: true, module-config: config.yaml",
        "submission-file-missing",
        "other.yaml as manifest",
    ),
    (
        "submit: true, module: false",
        "inputs-exclusive",
        "module is false",
    ),
];

#[test]
fn pull_requests_that_cannot_be_made_are_refused_before_anything_starts() {
    let path = "repository/.github/workflows/r.yaml";
    let mut wrong = Vec::new();
    for (inputs, code, message) in REFUSED_PROPOSALS {
        let workflow = format!(
            "jobs: {{a: {{uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1, with: {{manifest: m.yaml, {inputs}}}}}}}"
        );
        let files = [BAD_FILES, &[(path, &workflow)]].concat();
        let found = settings_with(&format!("v1.2.0 --workflow {path}"), &files);
        let found = found.err().unwrap_or_default();
        let is_refused = found.first().is_some_and(|first| {
            let names_it = first.to_string().contains(message);
            first.code.as_str() == *code && names_it && !first.help.is_empty()
        });
        if !is_refused {
            wrong.push(format!("{inputs}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn everything_wrong_is_refused_before_anything_starts() {
    let mut wrong = Vec::new();
    for (arguments, code, message) in REFUSED {
        let found = settings_with(arguments, BAD_FILES)
            .err()
            .unwrap_or_default();
        let is_refused = found.first().is_some_and(|first| {
            let names_it = first.to_string().contains(message);
            first.code.as_str() == *code && names_it && !first.help.is_empty()
        });
        if !is_refused {
            wrong.push(format!("{arguments}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn candidates_are_named_with_the_option_that_chooses_them() {
    let found = settings_with("v1.2.0 --manifest two-managers.yaml", &[]);
    let found = found.err().unwrap();
    assert_eq!(
        found[0].help,
        "name it as one of\n\
         --image europe-docker.pkg.dev/kyma-project/prod/api-gateway-manager:2.0.0  (Deployment api-gateway-manager, container manager)\n\
         --image europe-docker.pkg.dev/kyma-project/prod/oathkeeper-manager:2.0.0  (Deployment oathkeeper-manager, container manager)"
    );
}

#[test]
fn all_unreadable_files_are_named_together() {
    let found = settings_with("v1.2.0 --manifest a.yaml --default-cr b.yaml --e2e x", &[]);
    let codes: Vec<_> = found.err().unwrap().iter().map(|one| one.code).collect();
    let unreadable = Code::FileUnreadable;
    assert_eq!(codes, [Code::ChoiceInvalid, unreadable, unreadable]);
}
