//! `registry-login`: which login is written for which registry, and who can read it.

use super::*;

#[test]
fn registry_login_writes_a_file_for_its_owner_and_masks_what_is_in_it() {
    let bench = Bench::new().with("GITHUB_ACTOR", "octocat");
    let images = "ghcr.io/octo/module:{version}\nregistry.example:5000/octo/other\n";
    let inputs = [
        ("images", images),
        ("registry-username", "me"),
        ("registry-password", "passw0rd"),
        ("output", ".login/config.json"),
    ];
    let ended = bench.step("registry-login", &inputs);
    assert_eq!(ended.code, 0, "{}", ended.told);
    let file = bench.path(".login/config.json");
    let config = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        config,
        "{\"auths\":{\"ghcr.io\":{\"auth\":\"bWU6cGFzc3cwcmQ=\"},\"registry.example:5000\":{\"auth\":\"bWU6cGFzc3cwcmQ=\"}}}\n"
    );
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for secret in ["passw0rd", "bWU6cGFzc3cwcmQ=", "job-token"] {
        let said = ended.told.lines().filter(|line| line.contains(secret));
        let masked = said.filter(|line| !line.starts_with("::add-mask::"));
        assert_eq!(masked.collect::<Vec<_>>(), [""; 0]);
    }
    for secret in ["passw0rd", "bWU6cGFzc3cwcmQ="] {
        assert!(ended.told.contains(&format!("::add-mask::{secret}")));
    }

    // A user without a password is as good as none, and the job's own token is for ghcr.io alone.
    let inputs = [
        ("images", images),
        ("registry-username", "me"),
        ("output", "job.json"),
    ];
    let ended = bench.step("registry-login", &inputs);
    assert_eq!(ended.code, 0, "{}", ended.told);
    assert_eq!(
        std::fs::read_to_string(bench.path("job.json")).unwrap(),
        "{\"auths\":{\"ghcr.io\":{\"auth\":\"b2N0b2NhdDpqb2ItdG9rZW4=\"}}}\n"
    );
    // The job's token of an Enterprise Server is none for github.com's registry.
    let enterprise = Bench::new().with("GITHUB_SERVER_URL", "https://ghe.example");
    let ended = enterprise.step("registry-login", &inputs);
    assert_eq!(ended.code, 0, "{}", ended.told);
    let config = std::fs::read_to_string(enterprise.path("job.json")).unwrap();
    assert_eq!(config, "{\"auths\":{}}\n");
    // A release may have no image.
    let ended = bench.step(
        "registry-login",
        &[("images", "\n \n"), ("output", "none.json")],
    );
    assert_eq!(ended.code, 0, "{}", ended.told);
    let nobody = std::fs::read_to_string(bench.path("none.json")).unwrap();
    assert_eq!(nobody, "{\"auths\":{}}\n");

    let step = |inputs: &[(&str, &str)]| bench.step("registry-login", inputs);
    step(&[("images", images)]).wants(2, "input-missing");
    step(&[("images", "manager:v1"), ("output", "x.json")]).wants(2, "image-invalid");
    step(&[("images", images), ("output", "../x.json")]).wants(12, "content-broken");
}

/// Of a plan, the images that the release makes; a further image may lie anywhere.
#[test]
fn registry_login_takes_its_registries_from_the_plan() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let github = runtime.block_on(github(Digests::AtOnce));
    let bench = bench
        .with("GITHUB_API_URL", github.api_url())
        .with("GITHUB_GRAPHQL_URL", github.graphql_url());
    let commit = github.world().repository(REPOSITORY).tip();
    let mut plan = bench.command();
    plan.env("GITHUB_TOKEN", "job-token").args([
        "plan",
        "v1.3.0",
        "--commit",
        &commit,
        "--binary-image=localhost:1/manager",
        "--module-name=kyma-project.io/module/example",
        "--module-registry=localhost:2/prod",
        "--extra-images=localhost:3/other",
    ]);
    let planned = end(plan, "", None);
    // Registries that do not answer are no hindrance to a plan of images that are not there.
    let plan = planned
        .outputs
        .lines()
        .find_map(|line| line.strip_prefix("plan="));
    let Some(plan) = plan else {
        panic!("no plan: {}", planned.told);
    };
    let inputs = [
        ("plan", plan),
        ("registry-password", "p"),
        ("output", "x.json"),
    ];
    let ended = bench.step("registry-login", &inputs);
    assert_eq!(ended.code, 0, "{}", ended.told);
    assert!(
        ended
            .told
            .contains("credentials for localhost:1, localhost:2 are in x.json"),
        "{}",
        ended.told
    );
}
