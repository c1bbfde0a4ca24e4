//! `--json`: one object on standard output, whatever happens, of the form that `docs/schemas/result.schema.json` describes.

use serde_json::{Value, json};

use super::schema::refused;
use super::{Desk, Ended, TOKEN};

const SCHEMA: &str = include_str!("../../docs/schemas/result.schema.json");

/// The only thing on standard output.
fn result(ended: &Ended) -> Value {
    let value: Value = serde_json::from_str(&ended.out)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ended.out, ended.log));
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(refused(&schema, &value), [""; 0], "{value:#}");
    let code = value.get("exit_code").and_then(Value::as_i64);
    assert_eq!(code, Some(ended.code.into()), "{value:#}");
    value
}

async fn run(desk: &Desk, line: &str) -> Ended {
    let words: Vec<_> = line.split(' ').collect();
    desk.run(&words, &[("GITHUB_TOKEN", TOKEN)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_phase_prints_one_object() {
    let desk = Desk::new().await;
    let planned = run(
        &desk,
        "plan v1.2.0 --assets a.yaml --output plan.json --json",
    )
    .await;
    let plan = result(&planned);
    assert_eq!(plan["outcome"], "done");
    assert_eq!(plan["outputs"]["plan"]["schema"], "btp-release-plan/1");
    assert_eq!(plan["outputs"]["prerelease"], "false");
    let release = &plan["release"];
    assert_eq!(release["commit_subject"], "Second");
    assert_eq!(release["follows"], "the first release");
    assert_eq!(release["latest"], true);
    assert_eq!(release["tag_exists"], false);
    assert!(release["notes"].is_string(), "{release:#}");
    let asset = json!([{
        "name": "a.yaml", "kind": "asset", "reference": "a.yaml", "state": "absent", "digest": null, "size": null
    }]);
    assert_eq!(release["artifacts"], asset);

    let dry = result(&run(&desk, "draft --plan plan.json --dry-run --json").await);
    assert_eq!(dry["outcome"], "dry-run");
    let changes: Vec<_> = dry["changes"].as_array().unwrap().iter().collect();
    assert_eq!(changes.len(), 3, "{dry:#}");
    assert!(
        changes[2]
            .as_str()
            .unwrap()
            .starts_with("then create the tag v1.2.0"),
        "{dry:#}"
    );
    assert!(desk.github.log().writes().is_empty());

    // The object that `plan` printed is as good as its file.
    desk.write("work/result.json", &planned.out);
    let drafted = result(&run(&desk, "draft --plan result.json --json").await);
    assert_eq!(drafted["outcome"], "done");
    assert!(drafted["outputs"]["release-url"].is_string());
    let again = result(&run(&desk, "draft --plan plan.json --json").await);
    assert_eq!(again["outcome"], "nothing-to-do", "{again:#}");

    desk.write("work/a.yaml", "a: 1\n");
    let uploaded = result(&run(&desk, "upload --plan plan.json --files a.yaml --json").await);
    assert!(uploaded["outputs"]["assets"]["a.yaml"].is_object());
    let awaited = run(&desk, "await --plan plan.json --json").await;
    assert!(result(&awaited)["outputs"]["artifacts"]["a.yaml"].is_object());
    desk.write("work/awaited.json", &awaited.out);
    let publish = "publish --plan plan.json --artifacts awaited.json --needs none --dry-run --json";
    let dry = result(&run(&desk, publish).await);
    let changes = dry["changes"].as_array().unwrap().iter();
    let changes: Vec<_> = changes.map(|change| change.as_str().unwrap()).collect();
    let [lock, write, upload, publish] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert!(
        lock.starts_with("take the lock of v1.2.0, to write "),
        "{lock}"
    );
    assert!(
        write.starts_with("write release-evidence.json ("),
        "{write}"
    );
    assert_eq!(*upload, "then upload release-evidence.json");
    assert_eq!(*publish, "then publish v1.2.0");
    let refused = result(&run(&desk, "publish --plan plan.json --needs none --json").await);
    assert_eq!(refused["outcome"], "failed", "{refused:#}");
    assert_eq!(refused["release"]["tag"], "v1.2.0");
    let discarded = result(&run(&desk, "discard v1.2.0 --json").await);
    assert_eq!(discarded["outcome"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_before_and_in_a_phase_are_objects_too() {
    let desk = Desk::new().await;
    desk.write("work/p.json", "{}");
    let cases = [
        ("plan --json", 2, "version-invalid"),
        ("plan v1.2.0 --wibble --json", 2, "input-not-for-phase"),
        ("draft --json", 2, "input-missing"),
        ("draft --plan p.json --json", 2, "plan-schema"),
        (
            "plan v1.2.0 --previous-tag v0.9.0 --json",
            10,
            "previous-tag-missing",
        ),
        ("plan v1.2.0 --output .git --json", 2, "file-unwritable"),
    ];
    for (line, code, found) in cases {
        let ended = run(&desk, line).await;
        let value = result(&ended);
        assert_eq!(value["outcome"], "failed", "{line}");
        assert_eq!(value["exit_code"], code, "{line}: {value:#}");
        assert_eq!(value["findings"][0]["code"], found, "{line}: {value:#}");
        assert!(ended.log.contains("error"), "{line}: {}", ended.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_of_a_phase_has_its_own_form() {
    let desk = Desk::new().await;
    let ready = run(&desk, "ready --json").await;
    let value: Value = serde_json::from_str(&ready.out).unwrap();
    assert_eq!(value["schema"], "btp-release-ready/1");
    let wrong = result(&run(&desk, "ready --json --branch no-such-branch --milestone x").await);
    assert_eq!(wrong["command"], "ready");
    assert_eq!(wrong["outcome"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn step_has_its_outputs_as_well() {
    let desk = Desk::new().await;
    let output = desk.path("output");
    std::fs::write(&output, "").unwrap();
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", super::REPOSITORY),
        ("GITHUB_SHA", &desk.commit),
        ("GITHUB_OUTPUT", output.to_str().unwrap()),
        ("INPUT_GITHUB-TOKEN", TOKEN),
        ("INPUT_PHASE", "plan"),
        ("INPUT_VERSION", "v1.2.0"),
        ("INPUT_JSON", "true"),
        ("INPUT_NOTES-APPEND", "##[error]x"),
    ];
    let ended = desk.run(&[], &variables).await;
    let value = result(&ended);
    assert_eq!(value["command"], "plan");
    let notes = value["release"]["notes"].as_str().unwrap();
    assert!(notes.contains("##[error]x"), "{notes}");
    assert!(
        !ended.out.contains("##["),
        "the runner would take it for a command"
    );
    let outputs = std::fs::read_to_string(&output).unwrap();
    assert!(outputs.contains("plan<<"), "{outputs}");
}
