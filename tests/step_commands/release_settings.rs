//! `release-settings` and `finish-settings`: what the two halves of a release are given.

use crate::{Bench, output};

#[test]
fn release_settings_are_outputs_of_the_step() {
    let bench = Bench::new();
    let inputs = [
        ("directory", "api"),
        ("tag-format", "api/v{version}"),
        ("module", "false"),
        ("builder-checks", "one\ntwo"),
        ("has-release-token", "false"),
    ];
    let ended = bench.step("release-settings", &inputs);
    assert_eq!(ended.code, 0, "{}", ended.told);
    for (name, value) in [
        (
            "binary-image",
            "ghcr.io/kyma-project/btp-manager/api:{version}",
        ),
        ("builder-checks", "one\ntwo"),
        ("builders", "called"),
        ("module", "false"),
        ("optional-jobs", "build-module\nassets"),
    ] {
        assert_eq!(output(&ended, name), value);
    }
    let platforms = bench.step(
        "release-settings",
        &[("image-platforms", "linux/a, linux/b\nlinux/c")],
    );
    assert_eq!(
        output(&platforms, "image-platforms"),
        "linux/a\nlinux/b\nlinux/c"
    );

    let tag = |token| [("builders", "tag"), ("has-release-token", token)];
    let step = |inputs: &[(&str, &str)]| bench.step("release-settings", inputs);
    let refused = step(&tag("false"));
    refused.wants(2, "tag-starts-nothing");
    assert!(
        refused
            .told
            .contains("without APP_ID and APP_PRIVATE_KEY or RELEASE_TOKEN"),
        "{}",
        refused.told
    );
    assert_eq!(step(&tag("true")).code, 0);
    let late = |builders| {
        [
            ("builders", builders),
            ("has-release-token", "true"),
            ("tag-when", "publish"),
        ]
    };
    for builders in ["tag", "external"] {
        let refused = step(&late(builders));
        refused.wants(2, "inputs-exclusive");
        assert!(
            refused.told.contains(&format!("builders: {builders}")),
            "{}",
            refused.told
        );
    }
    for builders in ["called", "caller"] {
        assert_eq!(step(&late(builders)).code, 0, "{builders}");
    }
    step(&[("tag-when", "later")]).wants(2, "choice-invalid");
    step(&[("builders", "called-or-so")]).wants(2, "choice-invalid");
    step(&[("module", "perhaps")]).wants(2, "choice-invalid");
    step(&[("tag-format", "v")]).wants(2, "tag-format-invalid");
    step(&[("version", "v1.2.0")]).wants(2, "input-not-for-phase");
    bench.step("settings", &[]).wants(2, "command-unknown");
}

/// Nobody waits for what nobody makes.
#[test]
fn release_settings_refuse_what_nobody_makes() {
    let bench = Bench::new();
    let step = |inputs: &[(&str, &str)]| bench.step("release-settings", inputs);
    let extra = ("extra-images", "r.example/a/other\nr.example/a/third");
    let refused = step(&[extra]);
    refused.wants(2, "extra-images-unbuilt");
    assert!(
        refused.told.contains("r.example/a/other"),
        "{}",
        refused.told
    );
    assert!(
        refused.told.contains("extra-images-builder"),
        "{}",
        refused.told
    );
    assert_eq!(
        step(&[extra, ("extra-images-builder", "build-extra")]).code,
        0
    );
    for builders in ["caller", "tag", "external"] {
        let inputs = [extra, ("builders", builders), ("has-release-token", "true")];
        assert_eq!(step(&inputs).code, 0, "{builders}");
    }

    let files = ("files", "build/chart.tgz=example-chart.tgz\nLICENSE");
    let bare = [files, ("module", "false")];
    let ended = step(&bare);
    assert_eq!(output(&ended, "assets"), "LICENSE\nexample-chart.tgz");
    assert_eq!(output(&ended, "upload-assets"), "true");
    let ended = step(&[files, ("assets", "example-chart.tgz\nLICENSE\nmore.txt")]);
    assert_eq!(
        output(&ended, "assets"),
        "example-chart.tgz\nLICENSE\nmore.txt"
    );
    assert_eq!(
        output(&ended, "upload-assets"),
        "false",
        "the module's build uploads them"
    );
    let refused = step(&[files, ("assets", "LICENSE")]);
    refused.wants(12, "asset-unplanned");
    assert!(
        refused.told.contains("example-chart.tgz"),
        "{}",
        refused.told
    );
    step(&[("assets-command", "make chart")]).wants(2, "input-missing");
    step(&[("files", "a b.tgz")]).wants(2, "asset-name-invalid");
}

#[test]
fn finish_settings_are_collected_from_the_outputs_of_jobs() {
    let bench = Bench::new();
    let needs = r#"{"start": {"result": "success", "outputs": {"plan": "{}", "optional-jobs": "assets"}},
        "assets": {"result": "skipped", "outputs": {}}, "upgrade": {"result": "skipped", "outputs": {}}}"#;
    std::fs::write(bench.path("needs.json"), needs).unwrap();
    for needs in [needs, "@needs.json"] {
        let inputs = [("needs", needs), ("optional-jobs", "upgrade")];
        let ended = bench.step("finish-settings", &inputs);
        assert_eq!(ended.code, 0, "{}", ended.told);
        assert_eq!(output(&ended, "plan"), "{}");
        assert_eq!(output(&ended, "optional-jobs"), "assets\nupgrade");
        assert_eq!(output(&ended, "jobs-passed"), "true");
    }
    let ended = bench.step("finish-settings", &[("needs", needs)]);
    assert_eq!(output(&ended, "jobs-passed"), "false");
    let step = |needs: &str| bench.step("finish-settings", &[("needs", needs)]);
    bench.step("finish-settings", &[]).wants(2, "input-missing");
    step("{}").wants(2, "input-missing");
    step("[").wants(2, "needs-unreadable");
    let failed = step(r#"{"start": {"result": "failure", "outputs": {}}}"#);
    failed.wants(12, "job-not-successful");
    assert!(
        failed.told.contains("the job start ended with failure"),
        "{}",
        failed.told
    );
    let one = |plan: &str| format!(r#"{{"result": "success", "outputs": {{"plan": "{plan}"}}}}"#);
    step(&format!(r#"{{"a": {}, "b": {}}}"#, one("1"), one("2"))).wants(2, "needs-contradict");
}
