//! `verify-bundle`: what a bundle says, who signed it, and whether that is what is wanted. No service is asked.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::domain::{Diagnostic, Digest};
use crate::protocol::{SeenAttestation, Subject, SubjectRule, WantedAttestation, WantedSigner};
use crate::report::printable;

/// What a bundle has to say. What is not given may be anything.
#[derive(Clone, Debug, Default)]
pub struct WantedBundle {
    pub digests: Vec<Digest>,
    pub signer: Option<WantedSigner>,
    pub predicate_type: Option<String>,
}

impl WantedBundle {
    /// # Errors
    ///
    /// With every difference between what the bundle says and what is wanted. `artifacts` are files that it must be about.
    pub fn check(
        &self,
        name: &str,
        seen: &SeenAttestation,
        artifacts: Vec<Subject>,
    ) -> Result<(), Vec<Diagnostic>> {
        let digests = self.digests.iter().map(|digest| Subject {
            name: "an artifact".to_owned(),
            digest: *digest,
        });
        let mut subjects: Vec<Subject> = digests.chain(artifacts).collect();
        if subjects.is_empty() {
            subjects.clone_from(&seen.subjects);
        }
        let anybody = WantedSigner {
            issuer: seen.signer.issuer.clone(),
            workflow: None,
            repository: None,
            commit: None,
        };
        let wanted = WantedAttestation {
            subjects: &subjects,
            rule: SubjectRule::Among,
            predicate_type: self
                .predicate_type
                .as_deref()
                .unwrap_or(&seen.predicate_type),
            predicate: None,
            signer: self.signer.as_ref().unwrap_or(&anybody),
            run: None,
        };
        let refused = wanted.compare(seen);
        if refused.is_empty() {
            return Ok(());
        }
        Err(refused
            .iter()
            .map(|refused| refused.diagnostic(name))
            .collect())
    }

    /// What was not asked for, and therefore not compared.
    fn not_compared(&self, has_artifacts: bool) -> Vec<&'static str> {
        let mut all = Vec::new();
        if self
            .signer
            .as_ref()
            .is_none_or(|signer| signer.workflow.is_none())
        {
            all.push("anybody can sign, and no --signer was given: compare the signer");
        }
        if self.digests.is_empty() && !has_artifacts {
            all.push("no --artifact and no --digest was given: compare the digests");
        }
        all
    }

    /// Lines for people.
    pub fn text(&self, seen: &SeenAttestation, has_artifacts: bool) -> String {
        let signer = &seen.signer;
        let mut text = String::from("The signature is valid.\n");
        let mut row = |name: &str, value: &str| {
            // A valid signature makes nothing of what is signed harmless: a name may hold lines that look like others.
            let value = printable(value).replace('\n', " ");
            let _ = writeln!(text, "  {name:<12} {value}");
        };
        row("signed by", &signer.subject);
        for (name, value) in [
            (
                "issuer",
                Some(&signer.issuer).filter(|issuer| !issuer.is_empty()),
            ),
            ("repository", signer.source_repository_uri.as_ref()),
            ("commit", signer.source_repository_digest.as_ref()),
            ("ref", signer.source_repository_ref.as_ref()),
            ("run", signer.run_invocation_uri.as_ref()),
        ] {
            if let Some(value) = value {
                row(name, value);
            }
        }
        row("at", &time(seen));
        row("says", &seen.predicate_type);
        for Subject { name, digest } in &seen.subjects {
            row("about", &format!("{digest} {name}"));
        }
        for other in &seen.other_subjects {
            row(
                "about",
                &format!("{}:{} {}", other.algorithm, other.digest, other.name),
            );
        }
        for line in self.not_compared(has_artifacts) {
            let _ = writeln!(text, "  note: {line}");
        }
        text
    }
}

/// What a bundle says, for programs.
pub fn to_json(seen: &SeenAttestation) -> Value {
    let signer = &seen.signer;
    let subjects = seen.subjects.iter();
    let subjects = subjects.map(|s| json!({"name": s.name, "digest": s.digest.to_string()}));
    json!({
        "signer": {
            "subject": signer.subject,
            "issuer": signer.issuer,
            "buildSigner": signer.build_signer_uri,
            "buildConfig": signer.build_config_uri,
            "repository": signer.source_repository_uri,
            "commit": signer.source_repository_digest,
            "ref": signer.source_repository_ref,
            "run": signer.run_invocation_uri,
            "runner": signer.runner_environment,
        },
        "signedAt": time(seen),
        "subjects": subjects.collect::<Vec<_>>(),
        "predicateType": seen.predicate_type,
        "predicate": seen.predicate,
    })
}

fn time(seen: &SeenAttestation) -> String {
    let at = UNIX_EPOCH + Duration::from_secs(seen.signed_at);
    humantime::format_rfc3339_seconds(at).to_string()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::protocol::SignerIdentity;

    #[test]
    fn names_cannot_forge_lines_or_move_the_cursor() {
        let seen = SeenAttestation {
            subjects: vec![Subject {
                name: "a\n  signed by    https://github.com/kyma-project\u{1b}[2J\u{202e}"
                    .to_owned(),
                digest: Digest::of(b""),
            }],
            other_subjects: Vec::new(),
            predicate_type: "https://example.com/\u{1b}[1A".to_owned(),
            predicate: Value::Null,
            signer: SignerIdentity::default(),
            signed_at: 0,
            bundle: Bytes::new(),
        };
        let text = WantedBundle::default().text(&seen, true);
        let signers = text.lines().filter(|line| line.starts_with("  signed by"));
        assert_eq!(signers.count(), 1, "{text}");
        let odd = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!text.contains(odd), "{text:?}");
    }
}
