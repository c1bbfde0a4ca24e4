//! Which pull requests a rehearsal has.

use super::{FILES, settings, settings_with};
use crate::settings::{RehearsalSettings, RehearsedMerge};

const WORKFLOW: &str = "jobs: {a: {uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1, with: {INPUTS}}}";
/// A configuration whose files are assets of the release.
const CONFIG: &str = "name: kyma-project.io/module/keda\nversion: 1.9.0\nteam: kyma/otters\nmanifest: rendered.yaml\nrepository: https://github.com/kyma-project/keda-manager\ndocumentation: https://help.example/keda\nicons: [{name: module-icon, link: https://icons.example/keda.svg}]\n";

/// The settings with a workflow of these inputs, and with files of its repository.
fn of_workflow(inputs: &str) -> RehearsalSettings {
    let inputs = format!(
        "binary-image: ghcr.io/kyma-project/keda-manager, module-name: kyma-project.io/module/keda, manifest: m.yaml, {inputs}"
    );
    let workflow = WORKFLOW.replace("INPUTS", &inputs);
    let files = [
        (".github/workflows/r.yaml", workflow.as_str()),
        ("m.yaml", FILES[5].1),
        ("module-config.yaml", CONFIG),
        (
            "sec-scanners-config.yaml",
            "rc-tag: 1.1.0\nprotecode:\n  - r.example/a:1.1.0\n",
        ),
        (
            "component-config.yaml",
            "images:\n  - ghcr.io/kyma-project/keda-manager:1.1.0\n  - r.example/a:1.1.0\n",
        ),
    ];
    let arguments = "1.2.0 --workflow .github/workflows/r.yaml --image ghcr.io/kedacore/keda";
    match settings_with(arguments, &files) {
        Ok(settings) => settings,
        Err(found) => panic!("{inputs}: {found:#?}"),
    }
}

fn channels(settings: &RehearsalSettings) -> Vec<String> {
    let modules = settings.release.proposals.modules.as_ref().unwrap();
    modules.channels.iter().map(ToString::to_string).collect()
}

#[test]
fn example_is_bumped_submitted_and_promoted() {
    let settings = settings("v1.2.0");
    let proposals = &settings.release.proposals;
    let bump = proposals.bump.as_ref().unwrap();
    let set = "module-config.yaml: version = {version}".to_owned();
    assert_eq!(bump.changes, [("set", set)]);
    assert_eq!(bump.merge, RehearsedMerge::Squash);
    let [file] = bump.files.as_slice() else {
        panic!("one file");
    };
    assert!(
        file.before.contains("\nversion: 1.1.0 #"),
        "{}",
        file.before
    );
    assert_eq!(file.after, file.before.replace("1.1.0 #", "1.2.0 #"));
    // What the module is built from is what the bump leaves.
    let module = settings.release.module.as_ref().unwrap();
    assert_eq!(module.config.as_ref(), Some(&file.after));
    let modules = proposals.modules.as_ref().unwrap();
    assert!(modules.submits);
    assert_eq!(modules.merge, RehearsedMerge::Wait);
    assert_eq!(modules.repository.to_string(), "kyma/module-manifests");
    assert_eq!(modules.version_before, "1.1.0".parse().ok());
    assert_eq!(channels(&settings), ["fast"]);
    assert!(settings.release.remarks.is_empty());
}

#[test]
fn pull_requests_follow_from_the_modules_configuration() {
    let config = [("config.yaml", CONFIG)];
    for (arguments, bumped, submitted, remark) in [
        (
            "v1.2.0 --manifest keda-manager.yaml",
            false,
            false,
            "nothing is bumped and submitted",
        ),
        (
            "--manifest keda-manager.yaml --module-config config.yaml",
            false,
            true,
            "config.yaml has version 1.9.0 already",
        ),
        (
            "2.0.0 --manifest keda-manager.yaml --module-config config.yaml",
            true,
            true,
            "config.yaml has version 1.9.0: rehearsed with 2.0.0",
        ),
        (
            "2.0.0 --module-config keda-module-config.yaml",
            true,
            false,
            "keda-module-config.yaml names keda-manager.yaml as manifest, and the release has no such asset",
        ),
        (
            "v1.2.0 --module-form kyma-cli-2",
            true,
            false,
            "modulectl-3 or both",
        ),
    ] {
        let found = settings_with(arguments, &config);
        let release = found.ok().unwrap().release;
        assert_eq!(release.proposals.bump.is_some(), bumped, "{arguments}");
        assert_eq!(
            release.proposals.modules.is_some(),
            submitted,
            "{arguments}"
        );
        let remarks = release.remarks.join("\n");
        assert!(remarks.contains(remark), "{arguments}: {remarks}");
    }
}

#[test]
fn workflow_says_which_pull_requests_there_are() {
    let settings = of_workflow("");
    assert!(settings.release.proposals.bump.is_none());
    assert!(settings.release.proposals.modules.is_none());

    let settings = of_workflow(
        "bump: \"sec-scanners-config.yaml: rc-tag = {version}\\nsec-scanners-config.yaml: protecode[0]:tag = {tag}\", bump-merge: wait, \
         module-config: module-config.yaml, modules-repository: kyma/modules, modules-merge: auto, submit: true, promote: '[\"fast\", \"regular\"]'",
    );
    let proposals = &settings.release.proposals;
    let bump = proposals.bump.as_ref().unwrap();
    assert_eq!(bump.merge, RehearsedMerge::Wait);
    let [file] = bump.files.as_slice() else {
        panic!("one file");
    };
    assert_eq!(
        file.after,
        "rc-tag: 1.2.0\nprotecode:\n  - r.example/a:1.2.0\n"
    );
    let modules = proposals.modules.as_ref().unwrap();
    assert_eq!(modules.repository.to_string(), "kyma/modules");
    assert_eq!(modules.merge, RehearsedMerge::Auto);
    assert_eq!(
        modules.releases.as_str(),
        "modules/keda/module-releases.yaml"
    );
    assert_eq!(channels(&settings), ["fast", "regular"]);
}

#[test]
fn bump_sets_the_images_of_the_release_before_single_values() {
    let settings = of_workflow(
        "bump-component-config: component-config.yaml, bump: \"component-config.yaml: images[1]:tag = 7\"",
    );
    let bump = settings.release.proposals.bump.as_ref().unwrap();
    let [file] = bump.files.as_slice() else {
        panic!("one file");
    };
    assert_eq!(
        file.after,
        "images:\n  - ghcr.io/kyma-project/keda-manager:1.2.0\n  - r.example/a:7\n"
    );
    let inputs: Vec<_> = bump.changes.iter().map(|(input, _)| *input).collect();
    assert_eq!(inputs, ["set", "component-config", "binary-image"]);
}

#[test]
fn what_only_a_run_knows_and_what_is_not_published_is_said() {
    let settings = of_workflow("submit: '${{ inputs.submit }}', bump: '${{ inputs.bump }}'");
    assert!(settings.release.proposals.bump.is_none());
    assert!(settings.release.proposals.modules.is_none());
    let remarks = settings.release.remarks.join("\n");
    assert!(
        remarks.contains("only a run knows these inputs: bump, submit"),
        "{remarks}"
    );

    let settings = of_workflow("promote: '[\"fast\"]', modules-repository: '${{ vars.MODULES }}'");
    let modules = settings.release.proposals.modules.as_ref().unwrap();
    assert_eq!(modules.repository.to_string(), "kyma/module-manifests");
    assert!(!modules.submits);

    let settings = of_workflow("publish: false, promote: '[\"fast\"]'");
    assert!(settings.release.proposals.modules.is_none());
    let remarks = settings.release.remarks.join("\n");
    assert!(
        remarks.contains("the workflow does not publish"),
        "{remarks}"
    );
}
