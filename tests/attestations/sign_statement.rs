//! Signs one statement as the action does, for the rig: `sign-statement STATEMENT_FILE BUNDLE_FILE [logged|timestamped]`, with the
//! services of the environment.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a program of the rig, which reads its environment and may end by a panic"
)]

use std::sync::Arc;
use std::{env, fs};

use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::sigstore::{
    IdTokenRequest, LogVersion, SignatureLog, SigningServices, SigstoreSettings, SigstoreSigner,
    TrustedRoot,
};
use btp_release::adapters::system_clock::SystemClock;
use btp_release::protocol::{NewAttestation, Signer as _, Subject};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = env::args().collect();
    let variable = |name: &str| env::var(name).unwrap();
    let is_logged = arguments.get(3).is_none_or(|form| form == "logged");
    let address = |name: &str, path: &str| format!("{}{path}", variable(name)).parse().unwrap();
    let services = SigningServices {
        certificates: address("FULCIO_URL", ""),
        timestamps: address("TIMESTAMP_URL", "/api/v1/timestamp"),
        log: is_logged.then(|| SignatureLog {
            url: address("REKOR_URL", ""),
            version: LogVersion::Rekor2,
        }),
    };
    let root = fs::read(format!("{}/trusted_root.json", variable("TRUST"))).unwrap();
    let mut root: Value = serde_json::from_slice(&root).unwrap();
    if !is_logged {
        root["tlogs"] = Value::Array(Vec::new());
    }
    let settings = SigstoreSettings {
        services,
        root: TrustedRoot::parse(root.to_string().as_bytes()).unwrap(),
        id_token: Some(IdTokenRequest {
            url: variable("ACTIONS_ID_TOKEN_REQUEST_URL").into(),
            token: variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN").into(),
        }),
        mask: None,
    };
    let http = Http::new(&HttpSettings::default()).unwrap();
    let signer = SigstoreSigner::new(settings, http, Arc::new(SystemClock::start()));
    let bundle = signer.sign(&statement(&arguments[1])).await.unwrap();
    fs::write(&arguments[2], bundle).unwrap();
}

fn statement(path: &str) -> NewAttestation {
    let mut statement: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let subjects = statement["subject"].as_array().unwrap().iter();
    let subjects = subjects.map(|subject| Subject {
        name: text(&subject["name"]),
        digest: format!("sha256:{}", text(&subject["digest"]["sha256"]))
            .parse()
            .unwrap(),
    });
    NewAttestation {
        subjects: subjects.collect(),
        predicate_type: text(&statement["predicateType"]),
        predicate: statement["predicate"].take(),
    }
}
